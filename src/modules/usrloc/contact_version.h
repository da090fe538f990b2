// SPDX-License-Identifier: Apache-2.0
// When a contact was last written, by which server: what decides between two writes of the same contact.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::usrloc {

// Unix milliseconds, then 16 bits that tell servers apart: of two writes the greater one holds, on every server. 0: the
// contact isn't shared.
using ContactVersion = std::uint64_t;

inline constexpr unsigned kServerBits = 16;

// Of a write now; above `before`, the version that the writer saw, also when its clock is behind.
[[nodiscard]] constexpr ContactVersion next_version(std::int64_t unix_milliseconds, ContactVersion before,
                                                    std::uint16_t server) {
  const auto now = static_cast<std::uint64_t>(std::max<std::int64_t>(unix_milliseconds, 1));
  return (std::max(now, (before >> kServerBits) + 1) << kServerBits) | server;
}

inline constexpr std::size_t kVersionDigits = 16;

// Sixteen hexadecimal digits: their order as text is that of the versions.
[[nodiscard]] inline std::string version_text(ContactVersion version) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(kVersionDigits, '0');
  for (std::size_t i = kVersionDigits; i-- > 0; version >>= 4U) text[i] = kDigits[version & 15U];
  return text;
}

[[nodiscard]] inline std::optional<ContactVersion> read_version(std::string_view text) {
  ContactVersion version = 0;
  if (text.size() != kVersionDigits) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return version;
}

}  // namespace carillon::usrloc
