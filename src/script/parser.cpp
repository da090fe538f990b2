// SPDX-License-Identifier: Apache-2.0
// The parser's hold on the token stream, and how it finds its feet after a mistake.
#include "script/parser.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/strings.h"

namespace carillon::script {

ast::Script Parser::parse() {
  ast::Script script;
  while (!at(TokenKind::End) && !sink_.exhausted()) top_level(script);
  return script;
}

const Token& Parser::peek() {
  if (!have_token_) {
    token_ = lexer_.next();
    have_token_ = true;
  }
  return token_;
}

Token Parser::take() {
  static_cast<void>(peek());
  have_token_ = token_.kind == TokenKind::End;
  last_ = token_.span;
  return have_token_ ? token_ : std::move(token_);
}

bool Parser::take_if(TokenKind kind) {
  if (!at(kind)) return false;
  take();
  return true;
}

bool Parser::expect(TokenKind kind, std::string_view context) {
  if (take_if(kind)) return true;
  unexpected(fmt::format("'{}' {}", name_of(kind), context));
  return false;
}

void Parser::error(Span span, std::string message, std::string hint, DiagnosticCode code) {
  sink_.error(position(span), std::move(message), std::move(hint), code);
}

void Parser::unexpected(std::string_view wanted, std::string hint) {
  if (gave_up_) return;
  const Token& found = peek();
  if (found.kind == TokenKind::End) {
    error(found.span, fmt::format("expected {}, found the end of the script", wanted), std::move(hint));
    return;
  }
  constexpr std::size_t kShown = 40;
  std::string spelling(found.spelling.substr(0, kShown));
  if (found.spelling.size() > kShown) spelling += "...";
  // What is missing at the end of a line is shown there, not on the next line.
  Span where = found.span;
  const Position here = position(where);
  if ((wanted.starts_with("';'") || wanted.starts_with("')'")) && last_.end() > 0 && position(last_).line != here.line)
    where = {last_.end(), 1};
  error(where, fmt::format("expected {}, found '{}'", wanted, spelling), std::move(hint));
}

bool Parser::at_top_level_keyword() {
  const Token& token = peek();
  if (token.kind != TokenKind::Identifier || position(token.span).column != 1) return false;
  if (token.spelling == "loadmodule" || token.spelling == "modparam") return true;
  if (!route_keyword(token.spelling)) return false;
  const char next = lexer_.following();
  return next == '[' || next == '{';
}

void Parser::skip_statement() {
  int braces = 0;
  while (!at(TokenKind::End) && !at_top_level_keyword()) {
    if (at(TokenKind::RightBrace) && braces == 0) return;
    const TokenKind kind = take().kind;
    if (kind == TokenKind::LeftBrace) ++braces;
    if (kind == TokenKind::RightBrace && --braces == 0) return;
    if (kind == TokenKind::Semicolon && braces == 0) return;
  }
}

ast::StringLiteral Parser::string_literal(Token token) const {
  return {std::move(token.text), std::move(token.origin), token.span};
}

std::unique_ptr<ast::Variable> Parser::variable(const Token& token) {
  return variables_.parse(token.spelling, Origin{token.span.offset, {}});
}

bool Parser::too_deep() {
  if (depth_ <= kMaxDepth) return false;
  error(peek().span, fmt::format("more than {} blocks or parentheses inside one another", kMaxDepth));
  // Nothing sensible can follow: read the rest past, and say nothing of what it leaves open.
  gave_up_ = true;
  while (!at(TokenKind::End)) take();
  return true;
}

}  // namespace carillon::script
