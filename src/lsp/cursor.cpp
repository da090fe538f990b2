// SPDX-License-Identifier: Apache-2.0
// See cursor.h. Variables are found in the line itself, so that a quote or a parenthesis that is still missing doesn't
// matter; the rest by the lexer's tokens.
#include "lsp/cursor.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "script/lexer.h"
#include "script/source.h"
#include "script/variable_syntax.h"

namespace carillon::lsp {

using script::Token;
using script::TokenKind;

namespace {

constexpr bool is_word(char c) { return base::is_alpha(c) || base::is_digit(c) || c == '_'; }
constexpr bool is_name(char c) { return is_word(c) || c == '.'; }

std::size_t name_length(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_name) - text.begin());
}

bool is_top_level_word(const Token& token) {
  constexpr auto kWords = std::to_array<std::string_view>(
      {"loadmodule", "modparam", "route", "branch_route", "failure_route", "onreply_route", "error_route",
       "local_route", "startup_route", "timer_route", "event_route"});
  return token.kind == TokenKind::Identifier && std::ranges::find(kWords, token.spelling) != kWords.end();
}

// Open braces behind a token. A statement of the top level at the start of a line ends whatever was left open.
int depth_behind(const Token& token, int depth, const script::Source& source) {
  const std::size_t at = token.span.offset;
  if (is_top_level_word(token) && (at == 0 || source.text()[at - 1] == '\n')) return 0;
  if (token.kind == TokenKind::LeftBrace) return depth + 1;
  return token.kind == TokenKind::RightBrace && depth > 0 ? depth - 1 : depth;
}

// The tokens that begin before a place.
class Before {
 public:
  Before(const script::Source& source, std::size_t offset) : source_(source), offset_(offset) {
    script::Diagnostics ignored;
    script::Lexer lexer(source, ignored);
    for (Token token = lexer.next(); token.kind != TokenKind::End && token.span.offset < offset; token = lexer.next()) {
      depth_ = depth_behind(token, depth_, source);
      tokens_.push_back(std::move(token));
    }
  }

  // The token from the end, 0 the last; null when there are not so many.
  [[nodiscard]] const Token* back(std::size_t index) const {
    return index < tokens_.size() ? &tokens_[tokens_.size() - 1 - index] : nullptr;
  }
  [[nodiscard]] bool is(std::size_t index, TokenKind kind) const {
    const Token* token = back(index);
    return token != nullptr && token->kind == kind;
  }
  [[nodiscard]] bool is_word(std::size_t index, std::string_view word) const {
    return is(index, TokenKind::Identifier) && back(index)->spelling == word;
  }
  // The place is inside the last token, or right behind a word.
  [[nodiscard]] bool in_last() const {
    if (tokens_.empty()) return false;
    const Token& last = tokens_.back();
    if (last.kind == TokenKind::String) {
      const bool closed = last.span.length > 1 && last.spelling.back() == last.spelling.front();
      return offset_ < last.span.end() || (!closed && same_line(last));
    }
    return offset_ <= last.span.end();
  }
  [[nodiscard]] bool in_comment() const {
    const std::size_t from = tokens_.empty() ? 0 : tokens_.back().span.end();
    if (from >= offset_) return false;
    const std::string_view between = std::string_view(source_.text()).substr(from, offset_ - from);
    const std::size_t block = between.rfind("/*");
    if (block != std::string_view::npos && between.find("*/", block) == std::string_view::npos) return true;
    const std::size_t newline = between.rfind('\n');
    return between.find('#', newline == std::string_view::npos ? 0 : newline) != std::string_view::npos;
  }
  [[nodiscard]] bool top_level() const { return depth_ == 0; }
  [[nodiscard]] bool same_line(const Token& token) const {
    const std::size_t end = std::min<std::size_t>(token.span.end(), offset_);
    return !std::string_view(source_.text()).substr(end, offset_ - end).contains('\n');
  }

 private:
  const script::Source& source_;
  std::size_t offset_;
  std::vector<Token> tokens_;
  int depth_ = 0;
};

// The call around the token numbered `from` from the end: its name, and how many commas stand before.
std::optional<std::pair<std::string, std::size_t>> enclosing_call(const Before& before, std::size_t from) {
  constexpr std::size_t kFarthest = 200;
  int closed = 0;
  std::size_t commas = 0;
  for (std::size_t i = from; i < from + kFarthest; ++i) {
    const Token* token = before.back(i);
    if (token == nullptr) break;
    if (token->kind == TokenKind::RightParen) ++closed;
    if (token->kind == TokenKind::Comma && closed == 0) ++commas;
    if (token->kind == TokenKind::Semicolon || token->kind == TokenKind::LeftBrace) break;
    if (token->kind != TokenKind::LeftParen || closed-- > 0) continue;
    if (!before.is(i + 1, TokenKind::Identifier)) break;
    return std::pair(std::string(before.back(i + 1)->spelling), commas);
  }
  return std::nullopt;
}

bool takes_a_condition(std::string_view word) {
  return word == "if" || word == "while" || word == "assert" || word == "async" || word == "launch";
}

// "$( ... " up to the place, without the dollar; nothing when it ends before, so that the place is outside.
std::optional<Gap> gap_in_brackets(std::string_view tail, std::size_t begin) {
  std::vector<std::size_t> open;  // of ( and {, by where they stand
  for (std::size_t i = 0; i < tail.size(); ++i) {
    if (tail[i] == '(' || tail[i] == '{') open.push_back(i);
    if ((tail[i] == ')' || tail[i] == '}') && !open.empty()) {
      open.pop_back();
      if (open.empty()) return std::nullopt;
    }
  }
  if (open.empty()) return std::nullopt;
  const std::size_t inner = open.back();
  const std::string_view typed = tail.substr(inner + 1);
  if (name_length(typed) != typed.size()) return Gap{};
  Gap gap{.begin = begin + inner + 1, .typed = std::string(typed)};
  if (tail[inner] == '{') {
    gap.kind = Gap::Kind::Transformation;
  } else if (inner == 0) {
    gap.kind = Gap::Kind::Variable;
  } else {
    std::size_t name = inner;
    while (name > 0 && is_name(tail[name - 1])) --name;
    gap.kind = Gap::Kind::SubName;
    gap.of = tail.substr(name, inner - name);
  }
  return gap;
}

std::optional<Gap> variable_gap(std::string_view text, std::size_t offset) {
  const std::size_t newline = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  const std::size_t line = newline == std::string_view::npos ? 0 : newline + 1;
  constexpr std::size_t kFarthest = 2000;
  const std::size_t from = offset - line > kFarthest ? offset - kFarthest : line;
  for (std::size_t dollar = text.substr(0, offset).rfind('$'); dollar != std::string_view::npos && dollar >= from;
       dollar = dollar == 0 ? std::string_view::npos : text.rfind('$', dollar - 1)) {
    if (dollar > from && text[dollar - 1] == '$') return std::nullopt;  // $$ is a dollar
    const std::string_view tail = text.substr(dollar + 1, offset - dollar - 1);
    const std::size_t length = name_length(tail);
    if (length == tail.size()) {
      return Gap{.kind = Gap::Kind::Variable, .begin = dollar + 1, .typed = std::string(tail)};
    }
    const bool context = tail.starts_with("(<");
    const std::size_t skipped = context ? tail.find('>') : std::string_view::npos;
    if (skipped != std::string_view::npos && name_length(tail.substr(skipped + 1)) == tail.size() - skipped - 1) {
      return Gap{
          .kind = Gap::Kind::Variable, .begin = dollar + 2 + skipped, .typed = std::string(tail.substr(skipped + 1))};
    }
    if (tail[length] != '(') continue;
    if (auto gap = gap_in_brackets(tail, dollar + 1)) return gap;
  }
  return std::nullopt;
}

// In quotes, or where quotes would begin.
Gap setting_gap(const Before& before, std::size_t index, Gap gap) {
  if (before.is_word(index, "loadmodule") ||
      (before.is(index, TokenKind::LeftParen) && before.is_word(index + 1, "modparam"))) {
    gap.kind = Gap::Kind::Module;
    gap.of = before.is(index, TokenKind::LeftParen) ? "modparam" : "loadmodule";
  } else if (before.is(index, TokenKind::Comma) && before.is(index + 1, TokenKind::String) &&
             before.is(index + 2, TokenKind::LeftParen) && before.is_word(index + 3, "modparam")) {
    gap.kind = Gap::Kind::ModuleParameter;
    gap.of = before.back(index + 1)->text;
  }
  return gap;
}

// Behind the token numbered `index` from the end.
Gap code_gap(const Before& before, std::size_t index, Gap gap) {
  gap = setting_gap(before, index, std::move(gap));
  if (gap.kind != Gap::Kind::Nothing) return gap;
  if (const auto call = enclosing_call(before, index)) {
    if (takes_a_condition(call->first) && call->second == 0) {
      gap.kind = gap.quoted ? Gap::Kind::Nothing : Gap::Kind::Statement;
      return gap;
    }
    gap.kind = Gap::Kind::Argument;
    gap.of = call->first;
    gap.argument = call->second;
    return gap;
  }
  if (gap.quoted) return gap;
  if (!before.top_level()) {
    gap.kind = Gap::Kind::Statement;
    return gap;
  }
  const Token* last = before.back(index);
  const bool alone = last == nullptr || !before.same_line(*last) || last->kind == TokenKind::Semicolon ||
                     last->kind == TokenKind::RightBrace;
  if (alone) gap.kind = Gap::Kind::TopLevel;
  return gap;
}

}  // namespace

Gap gap_at(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  const script::Source source = script::Source::from_text(text);
  const Before before(source, offset);
  if (before.in_comment()) return {};
  if (auto gap = variable_gap(text, offset)) return std::move(*gap);
  Gap gap{.begin = offset};
  if (!before.in_last()) return code_gap(before, 0, std::move(gap));
  const Token& last = *before.back(0);
  if (last.kind == TokenKind::String) {
    gap.quoted = true;
    gap.begin = last.span.offset + 1;
    gap.typed = text.substr(gap.begin, offset - gap.begin);
    return code_gap(before, 1, std::move(gap));
  }
  if (last.kind != TokenKind::Identifier) return code_gap(before, 0, std::move(gap));
  gap.begin = last.span.offset;
  gap.typed = text.substr(gap.begin, offset - gap.begin);
  return code_gap(before, 1, std::move(gap));
}

// --- What is written -------------------------------------------------------------------------------------------------

namespace {

// The token at a place and what is around it.
struct Around {
  Token token;
  std::vector<Token> before;  // the last four
  TokenKind next = TokenKind::End;
  bool top_level = true;
};

std::optional<Around> around(const script::Source& source, std::size_t offset) {
  script::Diagnostics ignored;
  script::Lexer lexer(source, ignored);
  Around found;
  int depth = 0;
  for (Token token = lexer.next(); token.kind != TokenKind::End && token.span.offset <= offset; token = lexer.next()) {
    depth = depth_behind(token, depth, source);
    const bool touches =
        offset < token.span.end() || (offset == token.span.end() && token.kind == TokenKind::Identifier);
    if (touches) {
      found.top_level = depth == 0;
      found.token = std::move(token);
      found.next = lexer.next().kind;
      return found;
    }
    constexpr std::size_t kKept = 4;
    found.before.push_back(std::move(token));
    if (found.before.size() > kKept) found.before.erase(found.before.begin());
  }
  return std::nullopt;
}

// The variable in `text` from `dollar` on, of `length` bytes, or one inside it, that has the place.
Mark mark_in_variable(std::string_view text, std::size_t dollar, std::size_t length, std::size_t offset) {
  const std::string_view whole = text.substr(dollar, length);
  for (std::size_t inner = whole.rfind('$', offset - dollar); inner != 0 && inner != std::string_view::npos;
       inner = whole.rfind('$', inner - 1)) {
    const std::size_t size = script::scan_variable(whole, inner).length;
    if (size != 0 && offset < dollar + inner + size) return mark_in_variable(text, dollar + inner, size, offset);
  }
  // A transformation when a brace is open there.
  const std::string_view head = whole.substr(0, offset - dollar);
  const std::size_t open = head.rfind('{');
  if (open != std::string_view::npos && head.find('}', open) == std::string_view::npos) {
    const std::string_view name = whole.substr(open + 1, whole.find_first_of(",}", open) - open - 1);
    return {.kind = Mark::Kind::Transformation,
            .begin = dollar + open + 1,
            .end = dollar + open + 1 + name.size(),
            .name = base::to_lower(base::trim(name))};
  }
  std::size_t name = 1;
  if (whole.size() > 1 && whole[1] == '(') ++name;
  if (name < whole.size() && whole[name] == '<') name = std::min(whole.find('>', name), whole.size() - 1) + 1;
  const std::string_view found = whole.substr(std::min(name, whole.size()));
  return {.kind = Mark::Kind::Variable,
          .begin = dollar,
          .end = dollar + length,
          .name = std::string(found.substr(0, name_length(found)))};
}

std::optional<Mark> variable_in(std::string_view text, std::size_t begin, std::size_t end, std::size_t offset) {
  for (std::size_t at = text.find('$', begin); at < end && at <= offset; at = text.find('$', at)) {
    const std::size_t length = script::scan_variable(text.substr(0, end), at).length;
    if (length != 0 && offset < at + length) return mark_in_variable(text, at, length, offset);
    at += std::max<std::size_t>(length, 1);
  }
  return std::nullopt;
}

bool ends_with(const std::vector<Token>& tokens, std::initializer_list<TokenKind> kinds) {
  if (tokens.size() < kinds.size()) return false;
  return std::ranges::equal(std::span(tokens).last(kinds.size()), kinds, {}, &Token::kind);
}

// A module's name as loadmodule has it, without path and ".so".
std::string module_name(std::string_view path) {
  path = path.substr(path.rfind('/') + 1);
  if (path.ends_with(".so")) path.remove_suffix(3);
  return std::string(path);
}

Mark mark_of_string(const Around& found) {
  const auto& before = found.before;
  Mark mark{.begin = found.token.span.offset, .end = found.token.span.end()};
  const auto word = [&before](std::size_t index) { return before[before.size() - 1 - index].spelling; };
  if (ends_with(before, {TokenKind::Identifier}) && word(0) == "loadmodule") {
    mark.kind = Mark::Kind::Module;
    mark.name = module_name(found.token.text);
  } else if (ends_with(before, {TokenKind::Identifier, TokenKind::LeftParen}) && word(1) == "modparam") {
    mark.kind = Mark::Kind::Module;
    mark.name = found.token.text;
  } else if (ends_with(before, {TokenKind::Identifier, TokenKind::LeftParen, TokenKind::String, TokenKind::Comma}) &&
             word(3) == "modparam") {
    mark.kind = Mark::Kind::ModuleParameter;
    mark.name = found.token.text;
    mark.of = before[before.size() - 2].text;
  }
  return mark;
}

}  // namespace

Mark mark_at(std::string_view text, std::size_t offset) {
  const script::Source source = script::Source::from_text(text);
  const auto found = around(source, offset);
  if (!found) return {};
  const Token& token = found->token;
  switch (token.kind) {
    case TokenKind::Variable:
      return mark_in_variable(text, token.span.offset, token.span.length, offset);
    case TokenKind::String: {
      const auto variable = variable_in(text, token.span.offset, token.span.end(), offset);
      return variable ? *variable : mark_of_string(*found);
    }
    case TokenKind::Identifier: {
      Mark mark{.kind = Mark::Kind::Word,
                .begin = token.span.offset,
                .end = token.span.end(),
                .name = std::string(token.spelling)};
      if (found->next == TokenKind::LeftParen) mark.kind = Mark::Kind::Function;
      if (found->next == TokenKind::Assign && found->top_level) mark.kind = Mark::Kind::CoreParameter;
      return mark;
    }
    default:
      return {};
  }
}

}  // namespace carillon::lsp
