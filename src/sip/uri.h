// SPDX-License-Identifier: Apache-2.0
// SIP, SIPS and tel URIs, and any other URI as opaque text (RFC 3261 section 19.1, RFC 3966). Views into the caller's
// text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sip/list.h"

namespace carillon::sip {

// Valid as long as the text it was parsed from. Parts are as written: escapes stay, IPv6 references keep their
// brackets.
struct Uri {
  enum class Scheme : std::uint8_t { Other, Sip, Sips, Tel };

  Scheme scheme = Scheme::Other;
  std::string_view text;         // the whole URI
  std::string_view scheme_text;  // "sip", as written
  std::string_view user;         // of a tel URI: the number; of an unknown scheme: all behind the colon
  std::string_view password;
  std::string_view host;
  std::optional<std::uint16_t> port;
  Params params;          // behind the first ";"
  Params headers;         // behind "?"
  bool has_user = false;  // tells "sip:@host" (refused) and "sip:host" from an empty user

  // Accepts any URI with a valid scheme; refuses what a sip, sips or tel URI may not hold (RFC 3261 section 25.1), and
  // more than 64 parameters or headers.
  [[nodiscard]] static base::Result<Uri> parse(std::string_view text);

  [[nodiscard]] bool is_sip() const { return scheme == Scheme::Sip || scheme == Scheme::Sips; }
  [[nodiscard]] bool is_tel() const { return scheme == Scheme::Tel; }
  // By its name in any case, with or without escapes: "%6Cr" is "lr" (RFC 4475 section 3.1.1.3).
  [[nodiscard]] std::optional<std::string_view> param(std::string_view name) const;
  [[nodiscard]] std::string_view transport() const { return param("transport").value_or(std::string_view{}); }
  [[nodiscard]] std::string_view maddr() const { return param("maddr").value_or(std::string_view{}); }
  [[nodiscard]] bool is_loose_router() const { return param("lr").has_value(); }
  // The port written, else 5061 for sips or transport=tls, else 5060 (RFC 3261 section 19.1.2).
  [[nodiscard]] std::uint16_t port_or_default() const;
};

// Whether two URIs name the same resource (RFC 3261 section 19.1.4; tel: RFC 3966 section 4; others: equal text).
[[nodiscard]] bool equivalent(const Uri& a, const Uri& b);

// The form under which a registrar keeps an address of record (RFC 3261 section 10.3 step 5): scheme, user unescaped
// with escapes of reserved bytes only, host in lower case, port if written; no password, parameters or headers.
[[nodiscard]] std::string canonical_aor(const Uri& uri);

}  // namespace carillon::sip
