// SPDX-License-Identifier: Apache-2.0
// Cutting of a stream: keep-alives, heads and bodies.
#include "sip/framer.h"

#include <algorithm>
#include <optional>

#include "base/strings.h"
#include "sip/line_scanner.h"

namespace carillon::sip {
namespace {

// The offset behind the first empty line at or behind `from`, or npos. A line end is CR LF or LF, as for LineScanner.
std::size_t find_head_end(std::string_view buffer, std::size_t from) {
  for (std::size_t at = buffer.find('\n', from); at != std::string_view::npos; at = buffer.find('\n', at + 1)) {
    const std::string_view behind = buffer.substr(at + 1, 2);
    if (behind.starts_with('\n')) return at + 2;
    if (behind == "\r\n") return at + 3;
  }
  return std::string_view::npos;
}

Frame bad(std::size_t size, Verdict verdict) { return {.kind = Frame::Kind::Bad, .size = size, .verdict = verdict}; }

// All Content-Length headers must say the same (as in Message::index).
std::optional<std::uint32_t> read_content_length(std::string_view head) {
  std::optional<std::uint32_t> length;
  LineScanner scanner(head);
  static_cast<void>(scanner.next());  // the start line
  for (auto line = scanner.next(); line.kind == LineScanner::Kind::Line; line = scanner.next()) {
    const HeaderLine header = split_header(head, line);
    if (header.id != HeaderId::ContentLength) continue;
    const auto value =
        base::parse_number<std::uint32_t>(head.substr(header.value_begin, header.value_end - header.value_begin));
    if (!value || (length && *length != *value)) return std::nullopt;
    length = value;
  }
  return length;
}

}  // namespace

Frame Framer::next(std::string_view buffer) {
  if (buffer.starts_with("\r\n\r\n")) return taken({.kind = Frame::Kind::Ping, .size = 4});
  if (buffer.starts_with("\n")) return taken({.kind = Frame::Kind::LineEnd, .size = 1});
  if (buffer.starts_with("\r\n")) {
    // Half a ping looks the same as a pong; only what follows tells.
    const bool may_grow = buffer.size() == 2 || (buffer.size() == 3 && buffer[2] == '\r');
    return may_grow ? Frame{} : taken({.kind = Frame::Kind::LineEnd, .size = 2});
  }
  if (wanted_ == 0) {
    const std::size_t head_size = find_head_end(buffer, scanned_);
    if (head_size == std::string_view::npos) {
      if (buffer.size() > limits_.message_bytes) return bad(buffer.size(), Verdict::bad(413, "Message Too Large"));
      // An empty line may be cut in two; its first byte is among the last two.
      scanned_ = std::max(scanned_, buffer.size() - std::min<std::size_t>(buffer.size(), 2));
      return {};
    }
    const Frame frame = measure(buffer, head_size);
    if (frame.kind == Frame::Kind::Bad) return frame;
    wanted_ = frame.size;
  }
  if (buffer.size() < wanted_) return {};
  return taken({.kind = Frame::Kind::Message, .size = wanted_});
}

Frame Framer::measure(std::string_view buffer, std::size_t head_size) const {
  const auto length = read_content_length(buffer.substr(0, head_size));
  if (!length) return bad(head_size, Verdict::bad(400, "Missing or Bad Content-Length header"));
  const std::size_t size = head_size + *length;
  if (size > limits_.message_bytes) return bad(head_size, Verdict::bad(413, "Message Too Large"));
  return {.kind = Frame::Kind::Message, .size = size};
}

Frame Framer::taken(Frame frame) {
  scanned_ = 0;
  wanted_ = 0;
  return frame;
}

}  // namespace carillon::sip
