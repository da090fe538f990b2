// SPDX-License-Identifier: Apache-2.0
// However a stream is cut into reads, the same messages come out. The first byte seeds the cuts; the rest is the
// stream.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "transport/stream_framer.h"

namespace {

using carillon::transport::StreamFramer;

using Pieces = std::vector<std::pair<StreamFramer::Kind, std::string>>;

class Recorder {
 public:
  void feed(std::string_view part) {
    const std::string copy(part);  // freed afterwards, so that a piece that still points into it is found
    framer_.feed(copy);
    for (auto piece = framer_.next(); piece.kind != StreamFramer::Kind::NeedMore; piece = framer_.next()) {
      const bool bad = piece.kind == StreamFramer::Kind::Bad;
      pieces_.emplace_back(piece.kind, bad ? std::string() : std::string(piece.bytes));
    }
  }
  [[nodiscard]] const Pieces& pieces() const { return pieces_; }

 private:
  static constexpr carillon::sip::Limits kLimits{
      .message_bytes = 2048, .header_lines = 64, .header_bytes = 1024, .uri_bytes = 256};
  StreamFramer framer_{kLimits};
  Pieces pieces_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  std::uint32_t seed = data[0];
  std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  Recorder whole;
  whole.feed(stream);
  Recorder cut;
  while (!stream.empty()) {
    seed = seed * 1103515245 + 12345;
    const std::string_view part = stream.substr(0, 1 + (seed >> 16) % 64);
    cut.feed(part);
    stream.remove_prefix(part.size());
  }
  if (whole.pieces() != cut.pieces()) std::abort();
  return 0;
}
