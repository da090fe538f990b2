// SPDX-License-Identifier: Apache-2.0
// Any stream, in pieces of any size: the cuts don't depend on how the bytes arrive, and Message agrees with each.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "sip/framer.h"
#include "sip/message.h"

namespace carillon::sip {
namespace {

struct Cut {
  Frame::Kind kind;
  std::size_t begin;
  std::size_t size;
  friend bool operator==(const Cut&, const Cut&) = default;
};

std::vector<Cut> cut(std::string_view stream, std::size_t step) {
  Framer framer;
  std::vector<Cut> cuts;
  std::size_t begin = 0;
  for (std::size_t end = 0; end < stream.size();) {
    end = std::min(stream.size(), end + step);
    while (true) {
      const Frame frame = framer.next(stream.substr(begin, end - begin));
      if (frame.kind == Frame::Kind::Incomplete) break;
      CARILLON_ASSERT(frame.size > 0 && begin + frame.size <= end);
      cuts.push_back({frame.kind, begin, frame.size});
      if (frame.kind == Frame::Kind::Bad) return cuts;
      begin += frame.size;
    }
  }
  return cuts;
}

void run(std::string_view stream) {
  const std::vector<Cut> cuts = cut(stream, 65'536);
  CARILLON_ASSERT(cut(stream, 1) == cuts);
  CARILLON_ASSERT(cut(stream, 7) == cuts);
  for (const Cut& piece : cuts) {
    if (piece.kind != Frame::Kind::Message) continue;
    // The bytes as cut, no more and no less, hold what Content-Length says.
    const std::string_view bytes = stream.substr(piece.begin, piece.size);
    Message message;
    const Verdict verdict = message.index(bytes, Framing::Stream);
    if (verdict.ok()) CARILLON_ASSERT(message.bytes().data() + message.bytes().size() == bytes.data() + bytes.size());
  }
}

}  // namespace
}  // namespace carillon::sip

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  carillon::sip::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
