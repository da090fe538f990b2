// SPDX-License-Identifier: Apache-2.0
// See user_uri.h.
#include "module/user_uri.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "sip/grammar.h"

namespace carillon::module {
namespace {

// RFC 3261 section 25.1: user = unreserved / escaped / user-unreserved.
bool stands_in_user(char c) {
  return base::is_alpha(c) || base::is_digit(c) || std::string_view("-_.!~*'()&=+$,;?/").find(c) != std::string::npos;
}

std::string escaped_user(std::string_view user) {
  std::string text;
  for (const char c : user) {
    if (stands_in_user(c)) {
      text += c;
    } else {
      text += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return text;
}

}  // namespace

std::optional<UserAndDomain> user_of(const sip::Uri& uri, std::string_view domain_prefix) {
  if ((!uri.is_sip() && !uri.is_tel()) || uri.user.empty()) return std::nullopt;
  std::string_view domain = uri.host;
  if (!domain_prefix.empty() && domain.size() > domain_prefix.size() && base::istarts_with(domain, domain_prefix)) {
    domain.remove_prefix(domain_prefix.size());
  }
  return UserAndDomain{sip::unescape(uri.user), base::to_lower(domain)};
}

std::optional<UserAndDomain> user_of(std::string_view uri, std::string_view domain_prefix) {
  const auto parsed = sip::Uri::parse(uri);
  return parsed ? user_of(*parsed, domain_prefix) : std::nullopt;
}

std::optional<std::string> uri_of(const UserAndDomain& user, std::string_view scheme) {
  if (user.user.empty() || user.domain.empty()) return std::nullopt;
  std::string text = fmt::format("{}:{}@{}", scheme, escaped_user(user.user), user.domain);
  if (!is_request_uri(text)) return std::nullopt;
  return text;
}

bool is_request_uri(std::string_view text) {
  const auto ends_it = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '<' || c == '>' || c == 0x7f; };
  return std::ranges::none_of(text, ends_it) && sip::Uri::parse(text).has_value();
}

}  // namespace carillon::module
