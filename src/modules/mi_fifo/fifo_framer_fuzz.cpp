// SPDX-License-Identifier: Apache-2.0
// Whatever is written into the FIFO, in whatever pieces: memory stays bounded and the pieces make no difference.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "modules/mi_fifo/fifo_framer.h"

namespace {

constexpr std::size_t kMaxBytes = 512;

std::string requests_in(std::string_view bytes, std::size_t piece) {
  carillon::mi_fifo::FifoFramer framer(kMaxBytes);
  std::string all;
  while (!bytes.empty()) {
    framer.add(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (const auto request = framer.take()) {
      CARILLON_ASSERT(request->json.ends_with('}'));
      CARILLON_ASSERT(request->reply_fifo.find(':') == std::string::npos);
      all += request->reply_fifo + ":" + request->json + "|";
    }
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), std::min(size, kMaxBytes));
  CARILLON_ASSERT(requests_in(bytes, 1) == requests_in(bytes, kMaxBytes));
  return 0;
}
