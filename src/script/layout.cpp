// SPDX-License-Identifier: Apache-2.0
// See layout.h. Knows just enough of the grammar to see statements, blocks and what belongs to an if; that the script
// is right has been checked.
#include "script/layout.h"

#include <string_view>
#include <utility>

#include "script/ast.h"

namespace carillon::script {
namespace {

using Line = Placement::Line;

// Lines that go on with a statement stand deeper than those of a block in it.
constexpr std::uint32_t kContinuation = 2;

bool is_operator(TokenKind kind) {
  return kind >= TokenKind::Assign && kind != TokenKind::Not && kind != TokenKind::BitNot;
}

bool is_opening(TokenKind kind) {
  return kind == TokenKind::LeftParen || kind == TokenKind::LeftBracket || kind == TokenKind::LeftBrace;
}

bool is_closing(TokenKind kind) {
  return kind == TokenKind::RightParen || kind == TokenKind::RightBracket || kind == TokenKind::RightBrace;
}

bool is_route_keyword(std::string_view word) {
  for (int kind = 0; kind < kRouteKinds; ++kind) {
    if (keyword_of(static_cast<RouteKind>(kind)) == word) return true;
  }
  return false;
}

class Layout {
 public:
  explicit Layout(const TokenStream& stream) : tokens_(stream.tokens), placements_(stream.tokens.size()) {
    for (std::size_t i = 1; i < tokens_.size(); ++i) placements_[i].space = wants_space(i);
    if (stream.statements) {
      while (!at(TokenKind::End)) statement(0, Line::New);
    } else {
      while (!at(TokenKind::End)) top_level();
    }
    place(Line::New, 0);
  }

  [[nodiscard]] std::vector<Placement> take() { return std::move(placements_); }

 private:
  [[nodiscard]] const PlacedToken& token() const { return tokens_[at_]; }
  [[nodiscard]] bool at(TokenKind kind) const { return token().kind == kind; }
  [[nodiscard]] bool at_word(std::string_view word) const { return at(TokenKind::Identifier) && token().text == word; }
  [[nodiscard]] TokenKind kind_of(std::size_t index) const {
    return index < tokens_.size() ? tokens_[index].kind : TokenKind::End;
  }

  void place(Line line, std::uint32_t level) {
    placements_[at_].line = line;
    placements_[at_].level = level;
  }
  void take(Line line, std::uint32_t level) {
    place(line, level);
    if (at_ + 1 < tokens_.size()) ++at_;
  }

  // Whether the author began a line with the current token.
  [[nodiscard]] bool begins_line() const {
    if (token().newlines != 0) return true;
    return !token().before.empty() && token().before.back().ends_line();
  }

  void top_level();
  void setting();
  void statement(std::uint32_t level, Line line);
  void simple(std::uint32_t level, Line line);
  void group(std::uint32_t level);
  void block(std::uint32_t level);
  void body(std::uint32_t level);
  void if_statement(std::uint32_t level, Line line);
  void switch_block(std::uint32_t level);
  [[nodiscard]] bool at_setting() const;
  [[nodiscard]] bool wants_space(std::size_t index) const;
  [[nodiscard]] bool is_unary(std::size_t index) const;

  const std::vector<PlacedToken>& tokens_;
  std::vector<Placement> placements_;
  std::size_t at_ = 0;
};

// --- Lines -----------------------------------------------------------------------------------------------------------

void Layout::top_level() {
  const bool route = at(TokenKind::Identifier) && is_route_keyword(token().text) &&
                     (kind_of(at_ + 1) == TokenKind::LeftBrace || kind_of(at_ + 1) == TokenKind::LeftBracket);
  if (!route) return setting();
  take(Line::New, 0);
  while (!at(TokenKind::LeftBrace) && !at(TokenKind::End)) take(Line::AsWritten, kContinuation);
  block(0);
}

// Settings need no end of their own: the next one begins where it looks like one.
void Layout::setting() {
  const bool behind_route = at_ > 0 && placements_[at_ - 1].closes_block && !at(TokenKind::Semicolon);
  take(behind_route ? Line::New : Line::AsWritten, 0);
  while (!at(TokenKind::End) && !at_setting()) {
    if (at(TokenKind::Semicolon)) return take(Line::AsWritten, 0);
    // "scale up to 6 on 70%"
    if (at(TokenKind::Percent)) placements_[at_].space = false;
    if (is_opening(token().kind)) {
      group(0);
    } else {
      take(Line::AsWritten, kContinuation);
    }
  }
}

bool Layout::at_setting() const {
  if (!at(TokenKind::Identifier)) return false;
  const TokenKind next = kind_of(at_ + 1);
  if (is_route_keyword(token().text)) return next == TokenKind::LeftBrace || next == TokenKind::LeftBracket;
  if (token().text == "loadmodule") return next == TokenKind::String;
  if (token().text == "modparam") return next == TokenKind::LeftParen;
  return next == TokenKind::Assign && kind_of(at_ - 1) != TokenKind::Assign;
}

// From an opening bracket to the one that closes it.
void Layout::group(std::uint32_t level) {
  int depth = 0;
  do {
    if (is_opening(token().kind)) ++depth;
    if (is_closing(token().kind)) --depth;
    take(Line::AsWritten, level + (depth == 0 ? 0 : kContinuation));
  } while (depth > 0 && !at(TokenKind::End));
}

void Layout::statement(std::uint32_t level, Line line) {
  if (at(TokenKind::LeftBrace)) {
    place(line, level);
    return block(level);
  }
  // "};" and the like
  if (at(TokenKind::Semicolon)) return take(line == Line::New ? Line::Same : line, level);
  if (at_word("if")) return if_statement(level, line);
  const bool loop = at_word("while") || at_word("for");
  if (!loop && !at_word("switch")) return simple(level, line);
  take(line, level);
  if (at(TokenKind::LeftParen)) group(level);
  if (loop) return body(level);
  switch_block(level);
}

void Layout::simple(std::uint32_t level, Line line) {
  take(line, level);
  while (!at(TokenKind::Semicolon) && !at(TokenKind::RightBrace) && !at(TokenKind::End)) {
    if (is_opening(token().kind)) {
      group(level);
    } else {
      take(Line::AsWritten, level + kContinuation);
    }
  }
  if (at(TokenKind::Semicolon)) take(Line::Same, level + kContinuation);
}

// From '{' on; where that goes has been said when it is a statement itself.
void Layout::block(std::uint32_t level) {
  if (!at(TokenKind::LeftBrace)) return;
  placements_[at_].opens_block = true;
  const bool empty = kind_of(at_ + 1) == TokenKind::RightBrace && tokens_[at_ + 1].before.empty();
  if (placements_[at_].line != Line::New) place(Line::Same, level);
  take(placements_[at_].line, level);
  while (!at(TokenKind::RightBrace) && !at(TokenKind::End)) statement(level + 1, Line::New);
  placements_[at_].closes_block = true;
  if (empty) placements_[at_].space = false;
  if (!at(TokenKind::End)) take(empty ? Line::Same : Line::New, level);
}

// What an if, else, while or for rules: a block, or one statement, behind it or below it.
void Layout::body(std::uint32_t level) {
  if (at(TokenKind::LeftBrace)) return block(level);
  if (begins_line()) {
    statement(level + 1, Line::New);
  } else {
    statement(level, Line::AsWritten);
  }
}

void Layout::if_statement(std::uint32_t level, Line line) {
  take(line, level);
  if (at(TokenKind::LeftParen)) group(level);
  body(level);
  if (!at_word("else")) return;
  const bool behind_brace = kind_of(at_ - 1) == TokenKind::RightBrace && token().before.empty();
  take(behind_brace ? Line::Same : Line::New, level);
  if (at_word("if") && token().before.empty()) return if_statement(level, Line::Same);
  body(level);
}

void Layout::switch_block(std::uint32_t level) {
  if (!at(TokenKind::LeftBrace)) return;
  placements_[at_].opens_block = true;
  take(Line::Same, level);
  while (!at(TokenKind::RightBrace) && !at(TokenKind::End)) {
    if (!at_word("case") && !at_word("default")) {
      statement(level + 2, Line::New);
      continue;
    }
    take(Line::New, level + 1);
    while (!at(TokenKind::Colon) && !at(TokenKind::End)) take(Line::Same, level + 1 + kContinuation);
    take(Line::Same, level + 1 + kContinuation);
  }
  placements_[at_].closes_block = true;
  if (!at(TokenKind::End)) take(Line::New, level);
}

// --- Blanks ----------------------------------------------------------------------------------------------------------

// A sign, not an operation between two values.
bool Layout::is_unary(std::size_t index) const {
  if (tokens_[index].kind == TokenKind::Not || tokens_[index].kind == TokenKind::BitNot) return true;
  if (tokens_[index].kind != TokenKind::Minus) return false;
  if (index == 0) return true;
  const PlacedToken& before = tokens_[index - 1];
  if (before.kind == TokenKind::Identifier) return before.text == "return" || before.text == "case";
  return is_operator(before.kind) || is_opening(before.kind) || before.kind == TokenKind::Comma ||
         before.kind == TokenKind::BitNot;
}

bool Layout::wants_space(std::size_t index) const {
  const PlacedToken& left = tokens_[index - 1];
  const PlacedToken& right = tokens_[index];
  if (right.kind == TokenKind::Comma || right.kind == TokenKind::Semicolon || right.kind == TokenKind::Colon)
    return false;
  if (right.kind == TokenKind::RightParen || right.kind == TokenKind::RightBracket) return false;
  if (left.kind == TokenKind::LeftParen || left.kind == TokenKind::LeftBracket) return false;
  // "!" is a sign, "not" is a word.
  if (is_unary(index - 1)) return left.text == "not";
  if (left.kind != TokenKind::Identifier) return true;
  if (right.kind == TokenKind::LeftBracket) return false;
  if (right.kind != TokenKind::LeftParen) return true;
  for (const std::string_view keyword : {"if", "while", "for", "switch", "in"}) {
    if (left.text == keyword) return true;
  }
  return false;
}

}  // namespace

std::vector<Placement> lay_out(const TokenStream& stream) { return Layout(stream).take(); }

}  // namespace carillon::script
