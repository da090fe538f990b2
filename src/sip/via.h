// SPDX-License-Identifier: Apache-2.0
// One Via value (RFC 3261 section 20.42, RFC 3581, RFC 5923): where responses go, and the transaction's branch.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "sip/list.h"

namespace carillon::sip {

inline constexpr std::string_view kBranchCookie = "z9hG4bK";

struct Via {
  std::string_view text;       // the whole value; the other views are pieces of it
  std::string_view protocol;   // "SIP"
  std::string_view version;    // "2.0"
  std::string_view transport;  // "UDP", as written
  std::string_view sent_by;    // host and port as written
  std::string_view host;       // an IPv6 reference keeps its brackets
  std::optional<std::uint16_t> port;
  Params params;
  std::string_view branch;  // the common parameters, looked up once
  std::string_view received;
  std::string_view maddr;
  bool has_rport = false;              // RFC 3581: the client asks for its source port
  std::optional<std::uint16_t> rport;  // its value, when somebody filled it in
  std::string_view rport_text;         // "rport" or "rport=5060" as written
  std::optional<std::uint8_t> ttl;
  bool alias = false;  // RFC 5923 section 4

  // `text` is one value of a Via list.
  [[nodiscard]] static base::Result<Via> parse(std::string_view text);

  // Whether the branch is that of an RFC 3261 client and so names the transaction (section 17.2.3).
  [[nodiscard]] bool has_rfc3261_branch() const {
    return branch.size() > kBranchCookie.size() && branch.starts_with(kBranchCookie);
  }
};

}  // namespace carillon::sip
