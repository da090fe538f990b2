// SPDX-License-Identifier: Apache-2.0
// Turns the bytes of a stream, as they happen to arrive, into whole messages and keep-alives (RFC 3261 section 18.3,
// RFC 5626 section 4.4.1). Pure: stands between a connection's read buffer and the parser.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sip/framer.h"
#include "sip/verdict.h"

namespace carillon::transport {

// One connection's. What it returns does not depend on how the stream was split into feeds. Holds at most one
// incomplete message, so at most sip::Limits::message_bytes.
class StreamFramer {
 public:
  enum class Kind : std::uint8_t {
    NeedMore,
    Message,  // `bytes` is one message, whole
    Ping,     // CRLFCRLF between messages, to be answered with CRLF
    LineEnd,  // CRLF between messages: the answer to a ping of ours, or padding
    Bad,      // `bytes` is a head that `verdict` refuses; nothing behind it can be framed
  };
  struct Piece {
    Kind kind = Kind::NeedMore;
    std::string_view bytes;  // valid until the next call of next() or feed()
    sip::Verdict verdict;
  };

  explicit StreamFramer(const sip::Limits& limits) : framer_(limits) {}

  // Further bytes of the stream, to stay in place until next() has returned NeedMore or Bad: a message that is whole in
  // them is not copied.
  void feed(std::string_view bytes) { input_ = bytes; }
  // The next piece. After Bad it returns NeedMore for ever.
  [[nodiscard]] Piece next();

  // The first bytes of a message are here and the last ones aren't. To be asked after next() returned NeedMore.
  [[nodiscard]] bool in_message() const;

 private:
  [[nodiscard]] Piece next_in_input();
  [[nodiscard]] Piece next_in_pending();
  [[nodiscard]] Piece piece(const sip::Frame& frame, std::string_view bytes);
  void drop_taken();

  sip::Framer framer_;
  std::string_view input_;  // of the last feed(), not yet taken
  std::string pending_;     // the beginning of a message, when input_ ended within it
  std::size_t taken_ = 0;   // bytes at the front of pending_ that the last piece handed out
  bool failed_ = false;
};

}  // namespace carillon::transport
