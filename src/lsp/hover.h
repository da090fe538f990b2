// SPDX-License-Identifier: Apache-2.0
// What is said about the name at a place of a document.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lsp/unit.h"

namespace carillon::lsp {

struct Hover {
  std::string markdown;
  std::size_t begin = 0;  // of the name
  std::size_t end = 0;
};

// Names of modules that the script doesn't load are known too; it is said that their loadmodule is missing.
[[nodiscard]] std::optional<Hover> hover_at(const Unit& unit, Modules modules, std::string_view text,
                                            std::size_t offset);

}  // namespace carillon::lsp
