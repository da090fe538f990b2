// SPDX-License-Identifier: Apache-2.0
// Whether a text names something: for texts that are taken apart by those they are given to.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/strings.h"

namespace carillon::script {

// `name` stands in `text` with no letter, digit or '_' before or behind it.
[[nodiscard]] constexpr bool mentions(std::string_view text, std::string_view name) {
  const auto continues = [](char c) { return base::is_alpha(c) || base::is_digit(c) || c == '_'; };
  for (std::size_t at = text.find(name); at != std::string_view::npos && !name.empty(); at = text.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if ((at == 0 || !continues(text[at - 1])) && (end == text.size() || !continues(text[end]))) return true;
  }
  return false;
}

}  // namespace carillon::script
