// SPDX-License-Identifier: Apache-2.0
// Source text to tokens, one at a time, so that the parser can read socket lines by other rules.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "script/diagnostic.h"
#include "script/source.h"
#include "script/token.h"

namespace carillon::script {

class Lexer {
 public:
  // Both outlive the lexer. Mistakes are reported and read past: next() always returns a usable token.
  Lexer(const Source& source, Diagnostics& diagnostics) : source_(source), text_(source.text()), sink_(diagnostics) {}

  [[nodiscard]] Token next();
  // A run of characters up to a blank, ';', ',', '{', '}' or `end`: host names and addresses in socket and alias lines.
  // Quotes around parts are dropped. Kind Identifier with the word in `text`; an empty word is a punctuation token.
  [[nodiscard]] Token next_word(char end = '\0');
  // Whether a line break stands between the last token and what follows.
  [[nodiscard]] bool at_line_end();
  // The first character of what follows; 0 at the end.
  [[nodiscard]] char following();
  // Each token from now on is noted in `into` too, which outlives the lexer.
  void record(std::vector<TokenMark>& into) { record_ = &into; }

 private:
  void skip_blanks();
  void skip_block_comment();
  [[nodiscard]] char at(std::size_t index) const { return index < text_.size() ? text_[index] : '\0'; }
  [[nodiscard]] Token make(TokenKind kind, std::size_t length);
  [[nodiscard]] Token name();
  [[nodiscard]] Token number();
  [[nodiscard]] Token variable();
  [[nodiscard]] Token escaped_string();
  [[nodiscard]] Token raw_string();
  [[nodiscard]] Token punctuation();
  [[nodiscard]] std::size_t ip_length() const;
  // Length of the escape at `cursor`; appends what it stands for.
  [[nodiscard]] std::size_t decode_escape(std::size_t cursor, std::string& into) const;
  [[nodiscard]] bool swallowed_a_string(std::size_t begin, std::size_t end) const;
  [[nodiscard]] std::size_t unterminated(std::size_t begin);
  void error(std::size_t offset, std::size_t length, std::string message, std::string hint = {},
             DiagnosticCode code = DiagnosticCode::Syntax);

  const Source& source_;
  std::string_view text_;
  Diagnostics& sink_;
  std::size_t cursor_ = 0;
  std::vector<TokenMark>* record_ = nullptr;
};

}  // namespace carillon::script
