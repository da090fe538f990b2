// SPDX-License-Identifier: Apache-2.0
// Cuts a stream of bytes into SIP messages (RFC 3261 section 18.3) and keep-alives (RFC 5626 section 4.4.1). Pure:
// bytes in, sizes out; it reads headers with the parser of Message, so that both agree where a message ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sip/verdict.h"

namespace carillon::sip {

struct Frame {
  enum class Kind : std::uint8_t {
    Incomplete,  // more bytes are needed
    Ping,        // CR LF CR LF, to be answered with CR LF
    LineEnd,     // a single line end: a pong, or padding between messages
    Message,     // `size` bytes are one message
    Bad,         // `size` bytes are its head, to be answered from as far as that goes; the connection must close
  };
  Kind kind = Kind::Incomplete;
  std::size_t size = 0;  // bytes to take off the front
  Verdict verdict = {};  // of Bad
};

// One for each connection.
class Framer {
 public:
  explicit Framer(const Limits& limits = {}) : limits_(limits) {}

  // `buffer` holds all bytes received and not yet taken. Bytes already looked at aren't looked at again while the
  // buffer only grows.
  [[nodiscard]] Frame next(std::string_view buffer);

 private:
  [[nodiscard]] Frame measure(std::string_view buffer, std::size_t head_size) const;
  Frame taken(Frame frame);

  Limits limits_;
  std::size_t scanned_ = 0;  // no end of head begins before this offset
  std::size_t wanted_ = 0;   // size of the whole message once its head has been read
};

}  // namespace carillon::sip
