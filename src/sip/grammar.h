// SPDX-License-Identifier: Apache-2.0
// The character classes and quoting rules of RFC 3261 section 25.1 that several header grammars share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::sip {

// token = 1*(alphanum / "-" / "." / "!" / "%" / "*" / "_" / "+" / "`" / "'" / "~")
[[nodiscard]] bool is_token_char(char c);
[[nodiscard]] bool is_token(std::string_view text);

// host = hostname / IPv4address / "[" IPv6address "]"; lenient about labels ("_" is accepted, as DNS names carry it).
[[nodiscard]] bool is_host(std::string_view text);

// host [":" port], as in sent-by and hostport. A port of 0 or beyond 65535 is refused.
struct HostPort {
  std::string_view host;  // an IPv6 reference keeps its brackets
  std::optional<std::uint16_t> port;
};
[[nodiscard]] std::optional<HostPort> parse_host_port(std::string_view text);

// The offset behind the quoted-string that begins at `at`, or npos when it is never closed.
[[nodiscard]] std::size_t quoted_string_end(std::string_view text, std::size_t at);

// The text inside the quotes of a quoted-string with each quoted-pair resolved; any other text as it is.
[[nodiscard]] std::string unquote(std::string_view text);
// The other way: quotes around, and a backslash before each quote and backslash.
[[nodiscard]] std::string quote(std::string_view text);

// A header value with every fold (line end followed by white space) turned into one space (RFC 3261 section 7.3.1).
[[nodiscard]] std::string unfold(std::string_view value);

// %HH into bytes; a percent sign that is no escape stays as it is (RFC 4475 section 3.1.1.5).
[[nodiscard]] std::string unescape(std::string_view text);
// Bytes that may not stand in the user part, or in a parameter, of a SIP URI as %HH (RFC 3261 section 25.1).
[[nodiscard]] std::string escape_user(std::string_view text);
[[nodiscard]] std::string escape_param(std::string_view text);

// Whether a line, its folds and line ends included, has NULs only as quoted-pairs (RFC 3261 section 25.1, RFC 4475
// section 3.1.1.2) and CRs only before LFs.
[[nodiscard]] bool has_sound_bytes(std::string_view line);

// Whether `text` can be written as one header value or as whole header lines without starting a line of its own: every
// line end is followed by white space, and there is no NUL and no bare CR. Guards what scripts and databases put in.
[[nodiscard]] bool is_safe_header_value(std::string_view text);

}  // namespace carillon::sip
