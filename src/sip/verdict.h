// SPDX-License-Identifier: Apache-2.0
// What parsing a message came to: fit for use, to be answered with an error, or to be dropped and counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace carillon::sip {

// Bounds of one received message; reaching one is a verdict, never a crash.
struct Limits {
  std::size_t message_bytes = 65'535;  // beyond: 413
  std::size_t header_lines = 256;      // beyond: 400
  std::size_t header_bytes = 8'192;    // one header with its folds; beyond: 400
  std::size_t uri_bytes = 2'048;       // Request-URI; beyond: 414
};

struct Verdict {
  enum class Kind : std::uint8_t {
    Ok,
    Bad,   // a request that can be answered: `status` and `reason`
    Drop,  // a response, an ACK, or something that is no SIP message: `reason` says why, for the log
  };
  Kind kind = Kind::Ok;
  int status = 0;                // 400, 413, 414, 505
  std::string_view reason = {};  // static text; names the header at fault

  [[nodiscard]] bool ok() const { return kind == Kind::Ok; }
  [[nodiscard]] static constexpr Verdict bad(int status, std::string_view reason) {
    return {Kind::Bad, status, reason};
  }
  [[nodiscard]] static constexpr Verdict drop(std::string_view reason) { return {Kind::Drop, 0, reason}; }
};

}  // namespace carillon::sip
