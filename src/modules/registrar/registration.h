// SPDX-License-Identifier: Apache-2.0
// What a REGISTER asks for, read and checked before the location table is touched (RFC 3261 section 10.3 steps 5
// to 7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modules/registrar/flags.h"
#include "modules/registrar/refusal.h"
#include "sip/contact.h"
#include "sip/message.h"

namespace carillon::registrar {

// Views into the message.
struct Registration {
  bool removes_all = false;  // Contact: *
  std::vector<sip::Contact> contacts;
  std::optional<std::uint32_t> expires;  // of the Expires header
  std::string_view call_id;
  std::uint32_t cseq = 0;
  std::string_view user_agent;
  std::string path;  // all Path values, in order; empty when they are ignored
  bool supports_path = false;
  bool supports_gruu = false;
};

// More Contacts than this in one request are refused.
inline constexpr std::size_t kMaxContactsInRequest = 100;

// `max_contact`: bytes of a Contact URI. Contacts whose URI isn't one, and texts that could not be written into a
// message again, are refused.
[[nodiscard]] std::expected<Registration, Refusal> read_registration(const sip::Message& message,
                                                                     std::size_t max_contact, PathMode path);

}  // namespace carillon::registrar
