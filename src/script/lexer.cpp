// SPDX-License-Identifier: Apache-2.0
// Source text to tokens: comments, strings, numbers, addresses, variables.
#include "script/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/ip.h"
#include "base/strings.h"
#include "script/variable_syntax.h"

namespace carillon::script {

namespace {

[[nodiscard]] constexpr bool is_name_start(char c) { return base::is_alpha(c) || c == '_'; }
[[nodiscard]] constexpr bool is_name(char c) { return is_name_start(c) || base::is_digit(c); }
[[nodiscard]] constexpr int hex_digit(char c) {
  if (base::is_digit(c)) return c - '0';
  const char lower = base::to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}
[[nodiscard]] constexpr bool is_octal(char c) { return c >= '0' && c <= '7'; }

struct Punctuation {
  std::string_view text;
  TokenKind kind;
};

// Longest first.
constexpr auto kPunctuation = std::to_array<Punctuation>({
    {"<<=", TokenKind::ShiftLeftAssign},
    {">>=", TokenKind::ShiftRightAssign},
    {"==", TokenKind::Equal},
    {"=~", TokenKind::Match},
    {"!=", TokenKind::NotEqual},
    {"!~", TokenKind::NotMatch},
    {"<=", TokenKind::LessEqual},
    {">=", TokenKind::GreaterEqual},
    {"<<", TokenKind::ShiftLeft},
    {">>", TokenKind::ShiftRight},
    {"&&", TokenKind::And},
    {"||", TokenKind::Or},
    {":=", TokenKind::Replace},
    {"+=", TokenKind::PlusAssign},
    {"-=", TokenKind::MinusAssign},
    {"*=", TokenKind::StarAssign},
    {"/=", TokenKind::SlashAssign},
    {"%=", TokenKind::PercentAssign},
    {"&=", TokenKind::AndAssign},
    {"|=", TokenKind::OrAssign},
    {"^=", TokenKind::XorAssign},
    {"{", TokenKind::LeftBrace},
    {"}", TokenKind::RightBrace},
    {"(", TokenKind::LeftParen},
    {")", TokenKind::RightParen},
    {"[", TokenKind::LeftBracket},
    {"]", TokenKind::RightBracket},
    {";", TokenKind::Semicolon},
    {",", TokenKind::Comma},
    {":", TokenKind::Colon},
    {"=", TokenKind::Assign},
    {"<", TokenKind::Less},
    {">", TokenKind::Greater},
    {"!", TokenKind::Not},
    {"+", TokenKind::Plus},
    {"-", TokenKind::Minus},
    {"*", TokenKind::Star},
    {"/", TokenKind::Slash},
    {"%", TokenKind::Percent},
    {"&", TokenKind::BitAnd},
    {"|", TokenKind::BitOr},
    {"^", TokenKind::BitXor},
    {"~", TokenKind::BitNot},
});

struct BooleanWord {
  std::string_view text;
  int number;
};
constexpr auto kBooleans = std::to_array<BooleanWord>(
    {{"yes", 1}, {"true", 1}, {"on", 1}, {"enable", 1}, {"no", 0}, {"false", 0}, {"off", 0}, {"disable", 0}});

}  // namespace

std::string_view name_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::End:
      return "the end of the script";
    case TokenKind::Identifier:
      return "a name";
    case TokenKind::Number:
      return "a number";
    case TokenKind::String:
      return "a string";
    case TokenKind::Variable:
      return "a variable";
    case TokenKind::Ip:
      return "an address";
    case TokenKind::Null:
      return "NULL";
    default:
      break;
  }
  for (const Punctuation& candidate : kPunctuation) {
    if (candidate.kind == kind) return candidate.text;
  }
  return "?";
}

void Lexer::error(std::size_t offset, std::size_t length, std::string message, std::string hint, DiagnosticCode code) {
  sink_.error(source_.position(offset, length), std::move(message), std::move(hint), code);
}

void Lexer::skip_block_comment() {
  const std::size_t begin = cursor_;
  int depth = 0;
  while (cursor_ < text_.size()) {
    if (text_.substr(cursor_, 2) == "/*") {
      ++depth;
      cursor_ += 2;
    } else if (text_.substr(cursor_, 2) == "*/") {
      cursor_ += 2;
      if (--depth == 0) return;
    } else {
      ++cursor_;
    }
  }
  error(begin, 2, "this comment is never closed", "comments nest: every /* needs its own */", DiagnosticCode::Unclosed);
}

void Lexer::skip_blanks() {
  while (cursor_ < text_.size()) {
    const char c = text_[cursor_];
    if (base::is_lws(c) || c == '\f' || c == '\v') {
      ++cursor_;
    } else if (c == '#') {
      const std::size_t newline = text_.find('\n', cursor_);
      cursor_ = newline == std::string_view::npos ? text_.size() : newline;
    } else if (c == '/' && at(cursor_ + 1) == '*') {
      skip_block_comment();
    } else {
      return;
    }
  }
}

Token Lexer::make(TokenKind kind, std::size_t length) {
  Token token;
  token.kind = kind;
  token.span = {static_cast<std::uint32_t>(cursor_), static_cast<std::uint32_t>(length)};
  token.spelling = text_.substr(cursor_, length);
  if (record_ != nullptr && length != 0) record_->push_back({kind, token.span});
  cursor_ += length;
  return token;
}

Token Lexer::next() {
  while (true) {
    skip_blanks();
    if (cursor_ >= text_.size()) return make(TokenKind::End, 0);
    const char c = text_[cursor_];
    if (const std::size_t length = ip_length(); length != 0) return make(TokenKind::Ip, length);
    if (is_name_start(c)) return name();
    if (base::is_digit(c)) return number();
    if (c == '$') return variable();
    if (c == '"') return escaped_string();
    if (c == '\'') return raw_string();
    Token token = punctuation();
    if (token.kind != TokenKind::End) return token;
  }
}

// Skips a byte that begins nothing and answers End, so that next() looks again.
Token Lexer::punctuation() {
  const std::string_view rest = text_.substr(cursor_, 3);
  for (const Punctuation& candidate : kPunctuation) {
    if (rest.starts_with(candidate.text)) return make(candidate.kind, candidate.text.size());
  }
  const std::size_t begin = cursor_;
  // One diagnostic for a run of bytes outside ASCII.
  do {
    ++cursor_;
  } while (static_cast<unsigned char>(at(cursor_)) >= 0x80);
  const char c = text_[begin];
  const bool printable = c > ' ' && c < 0x7f;
  // The quotation marks of word processors, in UTF-8.
  const bool quotes = text_.substr(begin, 2) == "\xe2\x80";
  error(begin, cursor_ - begin,
        printable ? fmt::format("'{}' has no meaning here", c)
                  : fmt::format("byte 0x{:02x} has no meaning here", static_cast<unsigned char>(c)),
        quotes ? "texts stand in straight quotes, \" or '" : "");
  return {};
}

Token Lexer::name() {
  std::size_t length = 1;
  while (is_name(at(cursor_ + length))) ++length;
  const std::string_view word = text_.substr(cursor_, length);
  if (word == "mem" && text_.substr(cursor_).starts_with("mem-group")) return make(TokenKind::Identifier, 9);
  if (word == "null" || word == "NULL") return make(TokenKind::Null, length);
  if (word == "and") return make(TokenKind::And, length);
  if (word == "or") return make(TokenKind::Or, length);
  if (word == "not") return make(TokenKind::Not, length);
  for (const BooleanWord& boolean : kBooleans) {
    if (word != boolean.text) continue;
    Token token = make(TokenKind::Number, length);
    token.number = boolean.number;
    return token;
  }
  return make(TokenKind::Identifier, length);
}

Token Lexer::number() {
  int base = 10;
  std::size_t length = 1;
  if (at(cursor_) == '0' && base::to_lower(at(cursor_ + 1)) == 'x' && hex_digit(at(cursor_ + 2)) >= 0) {
    base = 16;
    length = 2;
  } else if (at(cursor_) == '0' && base::is_digit(at(cursor_ + 1))) {
    base = 8;
  }
  while (is_name(at(cursor_ + length))) ++length;
  const std::string_view digits = text_.substr(cursor_, length).substr(base == 16 ? 2 : 0);
  std::int64_t value = 0;
  const char* problem = nullptr;
  for (const char c : digits) {
    const int digit = hex_digit(c);
    if (digit < 0 || digit >= base) {
      problem = "this is neither a number nor a name";
      break;
    }
    value = value * base + digit;
    if (value > std::numeric_limits<std::uint32_t>::max()) {
      problem = "this number does not fit into 32 bits";
      break;
    }
  }
  if (problem == nullptr && base == 10 && value > std::int64_t{1} << 31) {
    problem = "this number does not fit into 32 bits";
  }
  if (problem != nullptr) error(cursor_, length, problem, "names begin with a letter; quote other route names");
  Token token = make(TokenKind::Number, length);
  token.number = base == 10 ? value : to_script_integer(value);
  return token;
}

Token Lexer::variable() {
  const VariableExtent extent = scan_variable(text_, cursor_);
  if (extent.length != 0) return make(TokenKind::Variable, extent.length);
  error(cursor_, 1, extent.unbalanced ? "the '(' of this variable is never closed" : "'$' without a variable's name",
        {}, extent.unbalanced ? DiagnosticCode::Unclosed : DiagnosticCode::Syntax);
  // As a variable without a name, so that what surrounds it is still understood.
  return make(TokenKind::Variable, 1);
}

// Whether the string from `begin` to the quote at `end` took the quote that opens the next one for its own: it goes
// over lines, and what follows can't stand behind a string.
bool Lexer::swallowed_a_string(std::size_t begin, std::size_t end) const {
  const char next = at(end + 1);
  return (is_name(next) || next == '$' || next == '\\') &&
         text_.substr(begin, end - begin).find('\n') != std::string_view::npos;
}

// A string that is never closed ends in its line, before what ends the statement there, so that the rest of the script
// is still checked.
std::size_t Lexer::unterminated(std::size_t begin) {
  error(begin, 1, "this string is never closed", {}, DiagnosticCode::Unclosed);
  std::size_t end = std::min(text_.find('\n', begin), text_.size());
  while (end > begin + 1 && std::string_view(" \t\r;{})").find(text_[end - 1]) != std::string_view::npos) --end;
  return end;
}

Token Lexer::raw_string() {
  const std::size_t begin = cursor_;
  std::size_t quote = text_.find('\'', begin + 1);
  if (quote != std::string_view::npos && swallowed_a_string(begin, quote)) quote = std::string_view::npos;
  const std::size_t end = quote == std::string_view::npos ? unterminated(begin) : quote;
  std::string content(text_.substr(begin + 1, end - begin - 1));
  Token token = make(TokenKind::String, (quote == std::string_view::npos ? end : end + 1) - begin);
  token.text = std::move(content);
  token.origin.begin = static_cast<std::uint32_t>(begin + 1);
  return token;
}

std::size_t Lexer::decode_escape(std::size_t cursor, std::string& into) const {
  const char c = at(cursor + 1);
  switch (c) {
    case 'n':
      into += '\n';
      return 2;
    case 'r':
      into += '\r';
      return 2;
    case 't':
      into += '\t';
      return 2;
    case 'a':
      into += '\a';
      return 2;
    case '"':
      into += '"';
      return 2;
    case '\\':
      into += '\\';
      return 2;
    case '\n':
      return 2;
    case 'x': {
      const int high = hex_digit(at(cursor + 2));
      const int low = hex_digit(at(cursor + 3));
      if (high < 0) break;
      into += static_cast<char>(low < 0 ? high : high * 16 + low);
      return low < 0 ? 3 : 4;
    }
    default:
      break;
  }
  // Two or three octal digits; a single one stays, as a reference in a substitution.
  if (is_octal(c) && is_octal(at(cursor + 2))) {
    int value = (c - '0') * 8 + (at(cursor + 2) - '0');
    std::size_t length = 3;
    if (is_octal(at(cursor + 3)) && value * 8 + (at(cursor + 3) - '0') < 256) {
      value = value * 8 + (at(cursor + 3) - '0');
      length = 4;
    }
    into += static_cast<char>(value);
    return length;
  }
  into += '\\';
  return 1;
}

Token Lexer::escaped_string() {
  const std::size_t begin = cursor_;
  std::size_t cursor = begin + 1;
  std::string content;
  std::vector<std::uint32_t> map;
  while (cursor < text_.size() && text_[cursor] != '"') {
    if (text_[cursor] != '\\') {
      if (!map.empty()) map.push_back(static_cast<std::uint32_t>(cursor));
      content += text_[cursor++];
      continue;
    }
    if (map.empty()) {
      for (std::size_t i = begin + 1; i < cursor; ++i) map.push_back(static_cast<std::uint32_t>(i));
    }
    const std::size_t before = content.size();
    const std::size_t length = decode_escape(cursor, content);
    map.insert(map.end(), content.size() - before, static_cast<std::uint32_t>(cursor));
    cursor += length;
  }
  const bool closed = cursor < text_.size() && !swallowed_a_string(begin, cursor);
  if (!closed) {
    cursor = unterminated(begin);
    content.assign(text_.substr(begin + 1, cursor - begin - 1));
    map.clear();
  }
  Token token = make(TokenKind::String, cursor + (closed ? 1U : 0U) - begin);
  token.text = std::move(content);
  token.origin = {static_cast<std::uint32_t>(begin + 1), std::move(map)};
  return token;
}

// An address or network at the cursor: 10.0.0.0/8, 10.0.0.0/255.0.0.0, 2001:db8::1, [2001:db8::/32]. 0: none.
std::size_t Lexer::ip_length() const {
  const bool bracketed = at(cursor_) == '[';
  std::size_t end = cursor_ + (bracketed ? 1 : 0);
  if (hex_digit(at(end)) < 0 && at(end) != ':') return 0;
  int dots = 0;
  int colons = 0;
  const std::size_t begin = end;
  for (; end - begin < 46 && (hex_digit(at(end)) >= 0 || at(end) == '.' || at(end) == ':'); ++end) {
    dots += at(end) == '.' ? 1 : 0;
    colons += at(end) == ':' ? 1 : 0;
  }
  if (colons < 2 && (dots != 3 || colons != 0 || bracketed)) return 0;
  if (is_name(at(end)) || !base::IpAddress::parse(text_.substr(begin, end - begin))) return 0;
  if (bracketed && at(end) == ']')
    ++end;
  else if (bracketed && at(end) != '/')
    return 0;

  if (at(end) != '/' || !base::is_digit(at(end + 1))) return end - cursor_;
  std::size_t suffix = end + 1;
  while (hex_digit(at(suffix)) >= 0 || at(suffix) == '.' || at(suffix) == ':') ++suffix;
  const std::string network(text_.substr(begin, suffix - begin));
  if (!base::IpNetwork::parse(network)) return end - cursor_;
  if (bracketed && at(end) == '/' && text_[end - 1] != ']' && at(suffix) == ']') ++suffix;
  return suffix - cursor_;
}

Token Lexer::next_word(char end) {
  skip_blanks();
  std::size_t length = 0;
  std::string word;
  while (cursor_ + length < text_.size()) {
    const char c = text_[cursor_ + length];
    if (base::is_lws(c) || c == ';' || c == ',' || c == '{' || c == '}' || c == '#' || c == '=' || c == end) break;
    if (c != '"' && c != '\'') word += c;
    ++length;
  }
  if (length == 0) return next();
  Token token = make(TokenKind::Identifier, length);
  token.text = std::move(word);
  return token;
}

bool Lexer::at_line_end() {
  const std::size_t before = cursor_;
  skip_blanks();
  const std::size_t after = std::exchange(cursor_, before);
  return text_.substr(before, after - before).find('\n') != std::string_view::npos || after >= text_.size();
}

char Lexer::following() {
  const std::size_t before = cursor_;
  skip_blanks();
  return at(std::exchange(cursor_, before));
}

}  // namespace carillon::script
