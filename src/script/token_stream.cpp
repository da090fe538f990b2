// SPDX-License-Identifier: Apache-2.0
// See token_stream.h.
#include "script/token_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "base/strings.h"
#include "script/diagnostic.h"
#include "script/parser.h"
#include "script/source.h"

namespace carillon::script {
namespace {

// What a list of statements is put into so that the parser takes it; a line of its own.
constexpr std::string_view kHead = "route{\n";
constexpr std::string_view kTail = "\n}";
constexpr std::size_t kHeadTokens = 2;

// `text` with blanks where its include lines are: every byte stays in its place.
std::string without_includes(std::string_view text) {
  std::string result(text);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (included_path(text.substr(at, end - at)))
      std::fill_n(result.begin() + static_cast<std::ptrdiff_t>(at), end - at, ' ');
    at = end + 1;
  }
  return result;
}

struct Reading {
  std::vector<TokenMark> marks;
  Diagnostics diagnostics;
};

Reading parse(const Source& source) {
  Reading reading;
  Parser parser(source, reading.diagnostics);
  parser.record(reading.marks);
  static_cast<void>(parser.parse());
  reading.diagnostics.sort();
  return reading;
}

// "} route[x] {" would fit into a route too.
bool is_balanced(std::span<const TokenMark> marks) {
  int depth = 0;
  for (const TokenMark& mark : marks) {
    if (mark.kind == TokenKind::LeftBrace) ++depth;
    if (mark.kind == TokenKind::RightBrace && --depth < 0) return false;
  }
  return true;
}

// The inside of a route, in the lines that the author sees.
Reading parse_statements(const std::string& blanked, std::string_view name) {
  Reading inside = parse(Source::from_text(fmt::format("{}{}{}", kHead, blanked, kTail), name));
  Reading result;
  const auto last_line = static_cast<std::uint32_t>(1 + std::ranges::count(base::trim(blanked), '\n'));
  for (const Diagnostic& found : inside.diagnostics.all()) {
    Position at = found.position;
    // Of our own '{': the text has taken the '}' that we put behind it.
    const bool ours = at.line == 1;
    at = ours ? Position{0, last_line, 1, 1} : Position{at.file, at.line - 1, at.column, at.length};
    if (ours) {
      result.diagnostics.add({found.severity, at, "a '}' is missing", {}, DiagnosticCode::Unclosed});
    } else {
      result.diagnostics.add({found.severity, at, found.message, found.hint, found.code});
    }
  }
  result.diagnostics.sort();
  if (inside.marks.size() <= kHeadTokens) return result;
  result.marks.assign(inside.marks.begin() + kHeadTokens, inside.marks.end() - 1);
  if (!is_balanced(result.marks)) result.diagnostics.error({0, 1, 1, 1}, "'}' without a '{' before it");
  for (TokenMark& mark : result.marks) mark.span.offset -= static_cast<std::uint32_t>(kHead.size());
  return result;
}

Position first_error(const Diagnostics& diagnostics) {
  const auto found = std::ranges::find(diagnostics.all(), Severity::Error, &Diagnostic::severity);
  return found == diagnostics.all().end() ? Position{} : found->position;
}

// Between two tokens: blanks, comments and include lines.
class Gap {
 public:
  Gap(std::string_view text, std::size_t begin, std::size_t end) : text_(text), at_(begin), end_(end) {}

  void read(PlacedToken& into) {
    while (at_ < end_) {
      const char c = text_[at_];
      if (c == '#') {
        add(into, Trivia::Kind::LineComment, line_end());
      } else if (c == '/') {
        add(into, Trivia::Kind::BlockComment, comment_end());
      } else if (base::is_alpha(c)) {
        add(into, Trivia::Kind::Include, line_end());
      } else {
        newlines_ += c == '\n' ? 1 : 0;
        ++at_;
      }
    }
    into.newlines = newlines_;
  }

 private:
  [[nodiscard]] std::size_t line_end() const { return std::min(text_.find('\n', at_), end_); }

  [[nodiscard]] std::size_t comment_end() const {
    int depth = 0;
    for (std::size_t at = at_; at < end_;) {
      const std::string_view two = text_.substr(at, 2);
      if (two == "/*") ++depth;
      if (two == "*/" && --depth == 0) return at + 2;
      at += two == "/*" || two == "*/" ? 2 : 1;
    }
    return end_;
  }

  void add(PlacedToken& into, Trivia::Kind kind, std::size_t end) {
    std::string_view text = text_.substr(at_, end - at_);
    if (kind != Trivia::Kind::BlockComment) text = base::trim(text);
    into.before.push_back({kind, text, std::exchange(newlines_, 0)});
    at_ = end;
  }

  std::string_view text_;
  std::size_t at_;
  std::size_t end_;
  std::uint32_t newlines_ = 0;
};

TokenStream place(std::string_view text, const std::vector<TokenMark>& marks, bool statements) {
  TokenStream stream;
  stream.statements = statements;
  stream.tokens.reserve(marks.size() + 1);
  std::size_t at = 0;
  for (const TokenMark& mark : marks) {
    PlacedToken& token = stream.tokens.emplace_back();
    token.kind = mark.kind;
    token.text = text.substr(mark.span.offset, mark.span.length);
    Gap(text, at, mark.span.offset).read(token);
    at = mark.span.end();
  }
  Gap(text, at, text.size()).read(stream.tokens.emplace_back());
  return stream;
}

}  // namespace

base::Result<TokenStream> read_tokens(std::string_view text, std::string_view name) {
  const std::string blanked = without_includes(text);
  const Reading script = parse(Source::from_text(blanked, name));
  if (!script.diagnostics.has_errors()) return place(text, script.marks, false);
  const Reading inside = parse_statements(blanked, name);
  if (!inside.diagnostics.has_errors()) return place(text, inside.marks, true);
  // What gets further is what the author means.
  const Position at_script = first_error(script.diagnostics);
  const Position at_inside = first_error(inside.diagnostics);
  const bool further = std::pair(at_inside.line, at_inside.column) > std::pair(at_script.line, at_script.column);
  return base::fail(render(further ? inside.diagnostics : script.diagnostics, Source::from_text(text, name)));
}

}  // namespace carillon::script
