// SPDX-License-Identifier: Apache-2.0
// The character classes of RFC 3261 section 25.1 as one table of bits. Internal to the parsers of this folder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/strings.h"

namespace carillon::sip {

enum CharacterClass : std::uint8_t {
  kToken = 1,         // token
  kUserChar = 2,      // user = unreserved / user-unreserved ("%" is checked apart)
  kPasswordChar = 4,  // password
  kParamChar = 8,     // paramchar = param-unreserved / unreserved
  kHeaderChar = 16,   // hnv-unreserved / unreserved, and "=" "&" between headers
  kHostChar = 32,     // hostname, and "_" which DNS names carry
  kSchemeChar = 64,   // scheme
  kHexDigit = 128,
};

namespace detail {

consteval std::array<std::uint8_t, 256> make_character_classes() {
  std::array<std::uint8_t, 256> table{};
  const auto add = [&table](std::string_view characters, unsigned classes) {
    for (const char c : characters) {
      auto& entry = table[static_cast<unsigned char>(c)];
      entry = static_cast<std::uint8_t>(entry | classes);
    }
  };
  constexpr unsigned kAllUri = kUserChar | kPasswordChar | kParamChar | kHeaderChar;
  for (int c = 0; c < 128; ++c) {
    const char text[] = {static_cast<char>(c)};
    const std::string_view character(text, 1);
    if (base::is_alpha(text[0])) add(character, kToken | kAllUri | kHostChar | kSchemeChar);
    if (base::is_digit(text[0])) add(character, kToken | kAllUri | kHostChar | kSchemeChar | kHexDigit);
  }
  add("abcdefABCDEF", kHexDigit);
  add("-.!%*_+`'~", kToken);
  add("-_.!~*'()", kAllUri);   // mark, part of unreserved
  add("&=+$,;?/", kUserChar);  // user-unreserved
  add("&=+$,", kPasswordChar);
  add("[]/:&+$", kParamChar);     // param-unreserved
  add("[]/?:+$=&", kHeaderChar);  // hnv-unreserved
  add("-._", kHostChar);
  add("+-.", kSchemeChar);
  return table;
}

inline constexpr std::array<std::uint8_t, 256> kCharacterClasses = make_character_classes();

}  // namespace detail

[[nodiscard]] constexpr bool is_in(char c, unsigned classes) {
  return (detail::kCharacterClasses[static_cast<unsigned char>(c)] & classes) != 0;
}

[[nodiscard]] constexpr bool all_in(std::string_view text, unsigned classes) {
  for (const char c : text) {
    if (!is_in(c, classes)) return false;
  }
  return true;
}

// Characters of `classes` and %HH escapes.
[[nodiscard]] constexpr bool all_in_or_escaped(std::string_view text, unsigned classes) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_in(text[i], classes)) continue;
    if (text[i] != '%' || text.size() - i < 3) return false;
    if (!is_in(text[i + 1], kHexDigit) || !is_in(text[i + 2], kHexDigit)) return false;
    i += 2;
  }
  return true;
}

}  // namespace carillon::sip
