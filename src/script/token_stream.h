// SPDX-License-Identifier: Apache-2.0
// A script as the parser cut it, with what stands between the tokens: for what rewrites scripts and must lose nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "script/token.h"

namespace carillon::script {

// What the language reads past but people don't.
struct Trivia {
  enum class Kind : std::uint8_t { LineComment, BlockComment, Include };

  Kind kind = Kind::LineComment;
  std::string_view text;       // as written; without the line end, and without blanks before it
  std::uint32_t newlines = 0;  // between it and what stands before it

  [[nodiscard]] bool ends_line() const { return kind != Kind::BlockComment; }
};

struct PlacedToken {
  TokenKind kind = TokenKind::End;
  std::string_view text;       // as written
  std::vector<Trivia> before;  // between the token before and this one
  std::uint32_t newlines = 0;  // directly before it
};

struct TokenStream {
  std::vector<PlacedToken> tokens;  // the last is the End
  // The text has no top level: it is the inside of a block, as files are that a route includes.
  bool statements = false;
};

// Cuts `text`, the whole of one file, which outlives the stream. Includes are lines of it and are not followed. Fails
// with the rendered diagnostics when the file, taken alone, is neither a script nor a list of statements.
[[nodiscard]] base::Result<TokenStream> read_tokens(std::string_view text, std::string_view name);

}  // namespace carillon::script
