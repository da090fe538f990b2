// SPDX-License-Identifier: Apache-2.0
// What the language has of its own, without any module: as data, for the checker and for the reference.
#pragma once

#include <span>
#include <string_view>

#include "script/ast.h"
#include "script/declaration.h"

namespace carillon::script {

struct LanguageVariable {
  std::string_view name;
  ast::Builtin builtin;
  SubName sub_name;
  bool indexable;
  bool writable;
  std::string_view documentation;
};
[[nodiscard]] std::span<const LanguageVariable> language_variables();

struct LanguageStatement {
  std::string_view form;  // "while (condition) statement"
  std::string_view documentation;
};
[[nodiscard]] std::span<const LanguageStatement> language_statements();

}  // namespace carillon::script
