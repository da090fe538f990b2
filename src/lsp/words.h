// SPDX-License-Identifier: Apache-2.0
// What belongs to the language itself and stands in no module's tables: statements and the variables of the machine.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace carillon::lsp {

struct Word {
  enum class Place : std::uint8_t { TopLevel, Route };
  std::string_view name;
  Place place;
  std::string_view snippet;  // ${1:x} are its parts, $0 the end
  std::string_view documentation;
};
[[nodiscard]] std::span<const Word> language_words();
[[nodiscard]] const Word* find_word(std::string_view name);

struct LanguageVariable {
  std::string_view name;
  bool has_sub_name;
  std::string_view documentation;
};
[[nodiscard]] std::span<const LanguageVariable> language_variables();
[[nodiscard]] const LanguageVariable* find_language_variable(std::string_view name);

}  // namespace carillon::lsp
