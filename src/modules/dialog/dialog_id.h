// SPDX-License-Identifier: Apache-2.0
// What names a dialog: OpenSIPS's pair of a hash entry and a number in it, so that its rows and cookies are ours.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::dialog {

struct DialogId {
  std::uint32_t entry = 0;
  std::uint32_t number = 0;  // never 0

  // As commands and the column dlg_id have it.
  [[nodiscard]] std::uint64_t packed() const { return (std::uint64_t{entry} << 32U) | number; }
  [[nodiscard]] static DialogId unpacked(std::uint64_t packed) {
    return {static_cast<std::uint32_t>(packed >> 32U), static_cast<std::uint32_t>(packed)};
  }
  // "5d.3a61f": both in hexadecimal, lowest digit first; what the parameter of Record-Route carries.
  [[nodiscard]] std::string cookie() const;
  [[nodiscard]] static std::optional<DialogId> from_cookie(std::string_view text);

  friend auto operator<=>(const DialogId&, const DialogId&) = default;
};

// The entry of a Call-ID in a table of `size` entries (a power of two). OpenSIPS refuses rows with another entry.
[[nodiscard]] std::uint32_t hash_entry(std::string_view call_id, std::uint32_t size);

}  // namespace carillon::dialog
