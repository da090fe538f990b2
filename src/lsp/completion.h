// SPDX-License-Identifier: Apache-2.0
// What could be typed at a place of a document.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/unit.h"

namespace carillon::lsp {

struct Completion {
  enum class Kind : std::uint8_t { Function, Keyword, Variable, Transformation, Module, Parameter, Route, Snippet };
  std::string label;
  Kind kind = Kind::Function;
  std::string detail = {};
  std::string documentation = {};  // Markdown
  std::string insert = {};
  bool is_snippet = false;  // ${1:x} are places to fill in
};

struct Completions {
  std::size_t begin = 0;  // the bytes from here to the place are replaced
  std::vector<Completion> items;
};

struct CompletionContext {
  bool snippets = true;   // what the client understands
  bool explicit_ = true;  // asked for, not popped up by a character that means something else too
};

// `text`: of the document, which belongs to the unit.
[[nodiscard]] Completions completions_at(const Unit& unit, Modules modules, std::string_view text, std::size_t offset,
                                         const CompletionContext& context);

}  // namespace carillon::lsp
