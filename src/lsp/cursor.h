// SPDX-License-Identifier: Apache-2.0
// What stands at a place of a document: by its tokens alone, since a script that is being written has no tree there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace carillon::lsp {

// What could be typed at a place.
struct Gap {
  enum class Kind : std::uint8_t {
    Nothing,  // a comment, a text
    TopLevel,
    Statement,        // or a condition
    Argument,         // of the call `of`, the one numbered `argument`
    Variable,         // behind '$', or "$("
    SubName,          // of the variable `of`
    Transformation,   // behind '{' inside "$( )"
    Module,           // `of` is loadmodule or modparam
    ModuleParameter,  // of the module `of`
  };
  Kind kind = Kind::Nothing;
  std::size_t begin = 0;  // of what is typed already: its bytes end at the place
  std::string typed = {};
  bool quoted = false;  // inside a string
  std::string of = {};
  std::size_t argument = 0;
};
[[nodiscard]] Gap gap_at(std::string_view text, std::size_t offset);

// What is written at a place.
struct Mark {
  enum class Kind : std::uint8_t {
    Nothing,
    Word,           // of the language, or what isn't known
    Function,       // "(" follows
    CoreParameter,  // "=" follows, outside of routes
    Variable,
    Transformation,  // with its class
    Module,
    ModuleParameter,  // of the module `of`
  };
  Kind kind = Kind::Nothing;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string name = {};  // of a variable without '$'
  std::string of = {};
};
[[nodiscard]] Mark mark_at(std::string_view text, std::size_t offset);

}  // namespace carillon::lsp
