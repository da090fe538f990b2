// SPDX-License-Identifier: Apache-2.0
// The parameter of our Record-Route that says how From or To was replaced: from what one side of the dialog calls
// itself, what the other side knows it by is found again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.h"

namespace carillon::uac {

// Names longer than that aren't kept.
inline constexpr std::size_t kMostUri = 512;

// Immutable; any thread. What it writes can be read by who has the same password. It isn't a secret without one: the
// callee can work out what it was not shown.
class ReplacedUri {
 public:
  explicit ReplacedUri(std::string_view password);

  // For a parameter: letters, digits, - and _. Empty when one of them is too long.
  [[nodiscard]] std::string encode(std::string_view original, std::string_view replacement) const;
  // Of `uri`, which is one of the two, the other; nothing when it is neither, or nobody with our password has written
  // `text`.
  [[nodiscard]] std::optional<std::string> replacement_of(std::string_view original, std::string_view text) const;
  [[nodiscard]] std::optional<std::string> original_of(std::string_view replacement, std::string_view text) const;

 private:
  [[nodiscard]] std::uint64_t seal(std::string_view original, std::string_view replacement) const;

  base::HashKey key_;
  std::string pad_;
};

}  // namespace carillon::uac
