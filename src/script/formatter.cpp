// SPDX-License-Identifier: Apache-2.0
// See formatter.h.
#include "script/formatter.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <vector>

#include "base/strings.h"
#include "script/layout.h"
#include "script/token_stream.h"

namespace carillon::script {
namespace {

// A line of the result.
struct OutputLine {
  std::uint32_t level = 0;
  bool blank_before = false;
  std::string code;     // or a comment that has the line for itself
  std::string comment;  // behind the code, to the end of the line
};

class Writer {
 public:
  Writer(const TokenStream& stream, const std::vector<Placement>& placements)
      : tokens_(stream.tokens), placements_(placements) {
    for (at_ = 0; at_ < tokens_.size(); ++at_) write();
  }

  [[nodiscard]] std::vector<OutputLine> take() { return std::move(lines_); }

 private:
  [[nodiscard]] const PlacedToken& token() const { return tokens_[at_]; }
  [[nodiscard]] const Placement& placement() const { return placements_[at_]; }

  void write();
  void write_trivia();
  void write_comment(const Trivia& trivia);
  [[nodiscard]] bool moves_before_comment() const;
  [[nodiscard]] std::uint32_t comment_level() const;
  void begin_line(std::uint32_t level, bool blank_before);
  void append(std::string_view text, bool space);

  const std::vector<PlacedToken>& tokens_;
  const std::vector<Placement>& placements_;
  std::size_t at_ = 0;
  std::vector<OutputLine> lines_;
  bool line_is_full_ = true;  // nothing can follow on it
  bool after_inline_comment_ = false;
  bool comment_began_line_ = false;
  bool after_opening_ = true;  // of a block, or of the file: no blank line follows
};

void Writer::begin_line(std::uint32_t level, bool blank_before) {
  lines_.push_back({.level = level, .blank_before = blank_before && !after_opening_, .code = {}, .comment = {}});
  line_is_full_ = after_inline_comment_ = comment_began_line_ = after_opening_ = false;
}

void Writer::append(std::string_view text, bool space) {
  std::string& code = lines_.back().code;
  if (space && !code.empty()) code += ' ';
  code += text;
}

void Writer::write() {
  const bool moves = moves_before_comment();
  if (!moves) write_trivia();
  if (token().kind == TokenKind::End) return;
  const bool wanted = placement().line == Placement::Line::New ||
                      (placement().line == Placement::Line::AsWritten && token().newlines != 0);
  // The comment that began this line may have the statement behind it.
  const bool begun = comment_began_line_ && token().newlines == 0;
  if (line_is_full_ || (wanted && !begun)) {
    begin_line(placement().level, token().newlines > 1 && !placement().closes_block);
  }
  append(token().text, placement().space || after_inline_comment_);
  after_inline_comment_ = comment_began_line_ = false;
  if (placement().opens_block) after_opening_ = true;
  if (moves) write_trivia();
}

// "if (x)  # why" with '{' on the next line.
bool Writer::moves_before_comment() const {
  return placement().opens_block && placement().line == Placement::Line::Same && token().before.size() == 1 &&
         token().before.front().kind == Trivia::Kind::LineComment && token().before.front().newlines == 0;
}

void Writer::write_trivia() {
  for (const Trivia& trivia : token().before) write_comment(trivia);
}

std::uint32_t Writer::comment_level() const { return placement().level + (placement().closes_block ? 1 : 0); }

void Writer::write_comment(const Trivia& trivia) {
  const bool trailing = !line_is_full_ && trivia.newlines == 0 && !lines_.empty();
  if (!trailing) begin_line(comment_level(), trivia.newlines > 1);
  if (trivia.kind == Trivia::Kind::BlockComment) {
    comment_began_line_ = !trailing || comment_began_line_;
    append(trivia.text, true);
    after_inline_comment_ = true;
    return;
  }
  if (trailing) {
    lines_.back().comment = trivia.text;
  } else {
    append(trivia.text, false);
  }
  line_is_full_ = true;
}

// --- Text ------------------------------------------------------------------------------------------------------------

// Counted by the lines that are indented now and will be.
std::string indentation_of(std::string_view text, const TokenStream& stream, std::span<const Placement> placements) {
  std::size_t tabs = 0;
  std::size_t blanks = 0;
  for (std::size_t i = 0; i < stream.tokens.size(); ++i) {
    const PlacedToken& token = stream.tokens[i];
    if (token.newlines == 0 || placements[i].level == 0 || token.kind == TokenKind::End) continue;
    const char before = text[static_cast<std::size_t>(token.text.data() - text.data()) - 1];
    if (before == '\t') ++tabs;
    if (before == ' ') ++blanks;
  }
  return tabs > blanks ? "\t" : "  ";
}

// Of the code, when a comment can be set below or above that of a neighbour.
std::size_t width_of(const OutputLine& line) { return line.code.size(); }

// Comments behind lines that follow one another stand in one column, unless that would be far out.
bool stand_together(const OutputLine& line, const OutputLine& next) {
  return !next.blank_before && line.level == next.level && !line.comment.empty() && !next.comment.empty() &&
         line.code.find('\n') == std::string::npos && next.code.find('\n') == std::string::npos;
}

void write_lines(std::string& out, std::span<const OutputLine> lines, std::string_view indent) {
  constexpr std::size_t kFarthest = 80;
  std::size_t widest = 0;
  for (const OutputLine& line : lines) widest = std::max(widest, width_of(line));
  if (widest > kFarthest) widest = 0;
  for (const OutputLine& line : lines) {
    if (line.blank_before) out += '\n';
    for (std::uint32_t level = 0; level < line.level; ++level) out += indent;
    out += line.code;
    if (!line.comment.empty()) {
      out.append(std::max(widest, width_of(line)) - width_of(line) + 2, ' ');
      out += line.comment;
    }
    out += '\n';
  }
}

std::string text_of(std::span<const OutputLine> lines, std::string_view indent) {
  std::string out;
  while (!lines.empty()) {
    std::size_t count = 1;
    while (count < lines.size() && stand_together(lines[count - 1], lines[count])) ++count;
    write_lines(out, lines.first(count), indent);
    lines = lines.subspan(count);
  }
  return out;
}

// Whether nothing but blanks and line ends differs.
bool is_same(const TokenStream& before, const TokenStream& after) {
  if (before.statements != after.statements) return false;
  std::vector<std::string_view> comments;
  std::vector<std::string_view> formatted_comments;
  const auto collect = [](const PlacedToken& token, std::vector<std::string_view>& into) {
    for (const Trivia& trivia : token.before) into.push_back(trivia.text);
  };
  for (const PlacedToken& token : before.tokens) collect(token, comments);
  for (const PlacedToken& token : after.tokens) collect(token, formatted_comments);
  return comments == formatted_comments &&
         std::ranges::equal(before.tokens, after.tokens, [](const PlacedToken& a, const PlacedToken& b) {
           return a.kind == b.kind && a.text == b.text;
         });
}

}  // namespace

base::Result<std::string> format(std::string_view text, std::string_view name, const FormatOptions& options) {
  const auto stream = read_tokens(text, name);
  if (!stream) return std::unexpected(stream.error());
  const std::vector<Placement> placements = lay_out(*stream);
  const std::string indent = options.indent.empty() ? indentation_of(text, *stream, placements) : options.indent;
  std::string formatted = text_of(Writer(*stream, placements).take(), indent);
  // Nobody's script is to suffer from a mistake here.
  const auto again = read_tokens(formatted, name);
  if (!again || !is_same(*stream, *again)) {
    return base::fail(fmt::format("{}: can't be formatted: the result would be another script\n", name));
  }
  return formatted;
}

}  // namespace carillon::script
