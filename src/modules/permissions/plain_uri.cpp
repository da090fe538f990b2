// SPDX-License-Identifier: Apache-2.0
// See plain_uri.h.
#include "modules/permissions/plain_uri.h"

#include <optional>

#include "base/strings.h"

namespace carillon::permissions {
namespace {

std::optional<unsigned> hex_digit(char c) {
  if (base::is_digit(c)) return static_cast<unsigned>(c - '0');
  const char lower = base::to_lower(c);
  if (lower >= 'a' && lower <= 'f') return static_cast<unsigned>(lower - 'a') + 10;
  return std::nullopt;
}

// RFC 3261 section 25.1: unreserved.
bool is_unreserved(char c) {
  return base::is_alpha(c) || base::is_digit(c) || std::string_view("-_.!~*'()").find(c) != std::string_view::npos;
}

// '+' begins numbers, and means the same escaped.
std::string without_disguise(std::string_view user) {
  std::string text;
  for (std::size_t i = 0; i < user.size(); ++i) {
    if (user[i] == '%' && i + 2 < user.size()) {
      const auto high = hex_digit(user[i + 1]);
      const auto low = hex_digit(user[i + 2]);
      const char c = high && low ? static_cast<char>(*high * 16 + *low) : '\0';
      if (is_unreserved(c) || c == '+') {
        text += c;
        i += 2;
        continue;
      }
    }
    text += user[i];
  }
  return text;
}

}  // namespace

std::string plain_uri(const sip::Uri& uri) {
  if (uri.is_tel()) return "tel:" + without_disguise(uri.user);
  if (!uri.is_sip()) return std::string(uri.text);
  std::string text = "sip:";
  if (uri.has_user) text += without_disguise(uri.user) + '@';
  return text + base::to_lower(uri.host);
}

}  // namespace carillon::permissions
