// SPDX-License-Identifier: Apache-2.0
// The words of a script.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::script {

// Bytes of Source::text().
struct Span {
  std::uint32_t offset = 0;
  std::uint32_t length = 1;

  [[nodiscard]] std::uint32_t end() const { return offset + length; }
  [[nodiscard]] Span to(const Span& last) const { return {offset, last.end() - offset}; }
};

enum class TokenKind : std::uint8_t {
  End,
  Identifier,  // keywords too
  Number,      // booleans too
  String,
  Variable,  // from '$' to the end of its sub-name
  Ip,        // address, or network in prefix or mask notation
  Null,
  LeftBrace,
  RightBrace,
  LeftParen,
  RightParen,
  LeftBracket,
  RightBracket,
  Semicolon,
  Comma,
  Colon,
  Assign,
  Replace,  // :=
  Equal,
  NotEqual,
  Less,
  Greater,
  LessEqual,
  GreaterEqual,
  Match,     // =~
  NotMatch,  // !~
  Not,
  And,
  Or,
  Plus,
  Minus,
  Star,
  Slash,
  Percent,
  BitAnd,
  BitOr,
  BitXor,
  BitNot,
  ShiftLeft,
  ShiftRight,
  PlusAssign,
  MinusAssign,
  StarAssign,
  SlashAssign,
  PercentAssign,
  AndAssign,
  OrAssign,
  XorAssign,
  ShiftLeftAssign,
  ShiftRightAssign,
};

// Where the bytes of a decoded text stand in the source: right behind one another from `begin`, or as `map` says when
// escapes or adjacent strings moved them.
struct Origin {
  std::uint32_t begin = 0;
  std::vector<std::uint32_t> map;

  [[nodiscard]] std::uint32_t at(std::size_t index) const {
    if (map.empty()) return begin + static_cast<std::uint32_t>(index);
    return index < map.size() ? map[index] : map.back() + 1;
  }
  [[nodiscard]] Span span(std::size_t index, std::size_t length) const {
    const std::uint32_t from = at(index);
    const std::uint32_t last = at(index + (length == 0 ? 0 : length - 1));
    return {from, last >= from ? last - from + 1 : 1};
  }
  // Of `length` characters of the text from `index` on.
  [[nodiscard]] Origin part(std::size_t index, std::size_t length) const {
    Origin part;
    for (std::size_t i = 0; i <= length; ++i) part.map.push_back(at(index + i));
    return part;
  }
};

struct Token {
  TokenKind kind = TokenKind::End;
  Span span;
  std::string_view spelling;  // as written, in Source::text()
  std::int64_t number = 0;    // Number
  std::string text;           // String, decoded
  Origin origin;              // of text
};

// A token by its place alone: how the parser cut the text, for what needs the text between tokens too.
struct TokenMark {
  TokenKind kind = TokenKind::End;
  Span span;
};

// "';'", "a string": for diagnostics.
[[nodiscard]] std::string_view name_of(TokenKind kind);

}  // namespace carillon::script
