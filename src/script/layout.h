// SPDX-License-Identifier: Apache-2.0
// Where each token of a script goes: on a line of its own or behind the one before, how deep, with a blank or without.
#pragma once

#include <cstdint>
#include <vector>

#include "script/token_stream.h"

namespace carillon::script {

struct Placement {
  enum class Line : std::uint8_t {
    AsWritten,  // on a new line when the author began one here
    New,
    Same,  // unless a comment ends the line before
  };

  Line line = Line::AsWritten;
  bool space = false;         // before it, when it doesn't begin a line
  bool opens_block = false;   // '{' of statements
  bool closes_block = false;  // its '}'
  std::uint32_t level = 0;    // of indentation, when it begins a line
};

// One for each token of `stream`.
[[nodiscard]] std::vector<Placement> lay_out(const TokenStream& stream);

}  // namespace carillon::script
