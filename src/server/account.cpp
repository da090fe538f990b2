// SPDX-License-Identifier: Apache-2.0
// See account.h.
#include "server/account.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"

namespace carillon::server {
namespace {

constexpr std::size_t kWidth = 64;  // of the columns

bool is_alphanumeric(char c) { return base::is_alpha(c) || base::is_digit(c); }

// A character for a message, whatever it is.
std::string shown(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > ' ' && byte < 0x7f ? fmt::format("'{}'", c) : fmt::format("the byte 0x{:02x}", byte);
}

template <typename Allowed>
base::Result<> check(std::string_view what, std::string_view text, Allowed allowed) {
  if (text.empty()) return base::fail(fmt::format("the {} is empty", what));
  if (text.size() > kWidth) return base::fail(fmt::format("the {} is longer than {} bytes", what, kWidth));
  const auto* const wrong = std::ranges::find_if_not(text, allowed);
  if (wrong != text.end()) return base::fail(fmt::format("{} can't be in a {}", shown(*wrong), what));
  return {};
}

bool is_user_char(char c) {
  constexpr std::string_view kMarks = "-_.!~*'()&=+$,;?/%";
  return is_alphanumeric(c) || kMarks.find(c) != std::string_view::npos;
}

}  // namespace

base::Result<std::string> parse_domain(std::string_view text) {
  const bool literal = text.starts_with('[') && text.ends_with(']') && text.size() > 2;
  const std::string_view name = literal ? text.substr(1, text.size() - 2) : text;
  auto checked = check("domain", name,
                       [literal](char c) { return is_alphanumeric(c) || c == '.' || (literal ? c == ':' : c == '-'); });
  if (!checked) return std::unexpected(std::move(checked.error()));
  if (name.starts_with('-') || (name.starts_with('.') && name.size() == 1) || name.contains("..")) {
    return base::fail(fmt::format("'{}' is no domain", text));
  }
  return base::to_lower(text);
}

base::Result<std::string> parse_group(std::string_view text) {
  auto checked = check("group", text, [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
  if (!checked) return std::unexpected(std::move(checked.error()));
  return std::string(text);
}

base::Result<Account> Account::parse(std::string_view text, std::string_view default_domain) {
  if (base::istarts_with(text, "sip:")) text.remove_prefix(4);
  const std::size_t at = text.rfind('@');
  const std::string_view user = text.substr(0, at);
  if (at == std::string_view::npos && default_domain.empty()) {
    return base::fail(fmt::format("'{}' has no domain: say {}@DOMAIN, or --domain", text, text));
  }
  if (auto checked = check("user name", user, is_user_char); !checked) return std::unexpected(checked.error());
  auto domain = parse_domain(at == std::string_view::npos ? default_domain : text.substr(at + 1));
  if (!domain) return std::unexpected(std::move(domain.error()));
  return Account{.user = std::string(user), .domain = std::move(*domain)};
}

}  // namespace carillon::server
