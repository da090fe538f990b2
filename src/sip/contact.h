// SPDX-License-Identifier: Apache-2.0
// One Contact value with the parameters a registrar needs (RFC 3261 section 20.10, RFC 5626 section 4.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sip/name_addr.h"

namespace carillon::sip {

struct Contact {
  NameAddr address;
  bool star = false;                     // "Contact: *"; everything else is empty then
  std::optional<std::uint16_t> q;        // thousandths, 0 to 1000
  std::optional<std::uint32_t> expires;  // seconds; a malformed or overflowing value reads as 3600 (section 20.19)
  std::optional<std::uint32_t> reg_id;   // RFC 5626
  std::string_view instance;             // +sip.instance with quotes and <> removed: urn:uuid:...
  std::string_view methods;              // without quotes
  std::string_view received;             // without quotes

  // `text` is one value of a Contact list.
  [[nodiscard]] static base::Result<Contact> parse(std::string_view text);
};

// "0.75" as 750; nothing when `text` is no qvalue (RFC 3261 section 25.1).
[[nodiscard]] std::optional<std::uint16_t> parse_qvalue(std::string_view text);
// 750 as "0.75".
[[nodiscard]] std::string format_qvalue(std::uint16_t thousandths);

// delta-seconds: digits only. A malformed or overflowing text reads as 3600, as section 20.19 asks of Expires.
[[nodiscard]] std::uint32_t parse_expires(std::string_view text);

}  // namespace carillon::sip
