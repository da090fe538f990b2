// SPDX-License-Identifier: Apache-2.0
// Variables as written, in code and inside texts.
#include "script/variable_syntax.h"

#include <fmt/format.h>

#include <utility>

#include "base/strings.h"

namespace carillon::script {

namespace {

[[nodiscard]] constexpr bool is_name(char c) { return base::is_alpha(c) || base::is_digit(c) || c == '_' || c == '.'; }

// The position behind the parenthesis that closes the one at `open`; npos: it isn't closed. Parentheses inside a
// transformation's braces are text.
// None is looked for further away than this, so that many open ones cost no quadratic time.
constexpr std::size_t kMaxVariableLength = 16 * 1024;

std::size_t closing(std::string_view text, std::size_t open) {
  text = text.substr(0, open + kMaxVariableLength);
  int parentheses = 0;
  int braces = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '{') ++braces;
    if (c == '}' && braces > 0) --braces;
    if (braces > 0) continue;
    if (c == '(') ++parentheses;
    if (c == ')' && --parentheses == 0) return i + 1;
  }
  return std::string_view::npos;
}

std::size_t name_length(std::string_view text, std::size_t at) {
  std::size_t length = 0;
  while (at + length < text.size() && is_name(text[at + length])) ++length;
  // No name ends with a dot: in "Hello $rU." the dot is text.
  while (length > 0 && text[at + length - 1] == '.') --length;
  return length;
}

std::size_t skip_spaces(std::string_view text, std::size_t at, std::size_t end) {
  while (at < end && base::is_lws(text[at])) ++at;
  return at;
}

}  // namespace

VariableExtent scan_variable(std::string_view text, std::size_t dollar) {
  const std::size_t begin = dollar + 1;
  if (begin >= text.size()) return {};
  std::size_t open = begin;
  if (text[begin] != '(') {
    const std::size_t length = name_length(text, begin);
    if (length == 0) return {};
    open = begin + length;
    if (open >= text.size() || text[open] != '(') return {open - dollar, false};
  }
  const std::size_t end = closing(text, open);
  if (end == std::string_view::npos) return {0, true};
  return {end - dollar, false};
}

void VariableParser::error(std::size_t begin, std::size_t length, std::string message, std::string hint,
                           DiagnosticCode code) {
  const Span span = origin_->span(begin, length);
  sink_.error(source_.position(span.offset, span.length), std::move(message), std::move(hint), code);
  failed_ = true;
}

std::unique_ptr<ast::Variable> VariableParser::parse(std::string_view text, const Origin& origin) {
  text_ = text;
  origin_ = &origin;
  failed_ = false;
  depth_ = 0;
  return variable(0, text.size());
}

ast::Text VariableParser::parse_text(std::string_view text, const Origin& origin) {
  text_ = text;
  origin_ = &origin;
  failed_ = false;
  depth_ = 0;
  return pieces(0, text.size(), true);
}

ast::Text VariableParser::pieces(std::size_t begin, std::size_t end, bool strict) {
  ast::Text result;
  std::string literal;
  std::size_t literal_begin = begin;
  const auto flush = [&](std::size_t at) {
    if (literal.empty()) return;
    result.push_back({std::move(literal), nullptr, origin_->span(literal_begin, at - literal_begin)});
    literal.clear();
  };
  for (std::size_t at = begin; at < end;) {
    if (literal.empty()) literal_begin = at;
    if (text_[at] != '$') {
      literal += text_[at++];
      continue;
    }
    if (at + 1 < end && text_[at + 1] == '$') {
      literal += '$';
      at += 2;
      continue;
    }
    const VariableExtent extent = scan_variable(text_.substr(0, end), at);
    if (extent.length == 0) {
      if (strict) {
        error(at, 1, extent.unbalanced ? "the '(' of this variable is never closed" : "'$' without a variable's name",
              "write $$ for a dollar sign", extent.unbalanced ? DiagnosticCode::Unclosed : DiagnosticCode::Syntax);
      }
      literal += text_[at++];
      continue;
    }
    flush(at);
    if (auto parsed = variable(at, at + extent.length)) {
      result.push_back({{}, std::move(parsed), origin_->span(at, extent.length)});
    }
    at += extent.length;
  }
  flush(end);
  if (result.size() > kMaxPieces) error(begin, 1, fmt::format("more than {} variables in one text", kMaxPieces / 2));
  return result;
}

std::unique_ptr<ast::Variable> VariableParser::variable(std::size_t begin, std::size_t end) {
  const bool failed_before = std::exchange(failed_, false);
  auto result = std::make_unique<ast::Variable>();
  result->span = origin_->span(begin, end - begin);
  if (++depth_ > kMaxDepth) {
    error(begin, end - begin, fmt::format("more than {} variables inside one another", kMaxDepth));
  } else if (end - begin < 2) {
    // The lexer has complained about a lone '$' already.
    failed_ = true;
  } else if (text_[begin + 1] == '(') {
    bracketed(*result, begin + 2, end - 1);
  } else {
    const std::size_t length = name_length(text_.substr(0, end), begin + 1);
    result->name = text_.substr(begin + 1, length);
    const std::size_t open = begin + 1 + length;
    if (open < end) sub_name(*result, open + 1, end - 1);
  }
  --depth_;
  const bool failed = std::exchange(failed_, failed_before || failed_);
  return failed ? nullptr : std::move(result);
}

// The bracket that closes the one at `at`; npos after telling that there is none.
std::size_t VariableParser::matching(std::size_t at, std::size_t end, char open, char close) {
  int depth = 0;
  for (std::size_t i = at; i < end; ++i) {
    if (text_[i] == open) ++depth;
    if (text_[i] == close && --depth == 0) return i;
  }
  error(at, 1, fmt::format("this '{}' is never closed", open), {}, DiagnosticCode::Unclosed);
  return std::string_view::npos;
}

// <context>name(sub)[index]{transformation}...
bool VariableParser::bracketed(ast::Variable& variable, std::size_t begin, std::size_t end) {
  std::size_t at = skip_spaces(text_, begin, end);
  if (at < end && text_[at] == '<') {
    const std::size_t close = text_.substr(0, end).find('>', at);
    if (close == std::string_view::npos) {
      error(at, 1, "the '<' of this context is never closed", {}, DiagnosticCode::Unclosed);
      return false;
    }
    variable.context = base::trim(text_.substr(at + 1, close - at - 1));
    at = skip_spaces(text_, close + 1, end);
  }
  const std::size_t length = name_length(text_.substr(0, end), at);
  if (length == 0) {
    error(at, 1, "a variable's name is missing here");
    return false;
  }
  variable.name = text_.substr(at, length);
  at = skip_spaces(text_, at + length, end);
  if (at < end && text_[at] == '(') {
    const std::size_t close = closing(text_.substr(0, end), at);
    if (close == std::string_view::npos) {
      error(at, 1, "this '(' is never closed", {}, DiagnosticCode::Unclosed);
      return false;
    }
    if (!sub_name(variable, at + 1, close - 1)) return false;
    at = skip_spaces(text_, close, end);
  }
  if (at < end && text_[at] == '[') {
    const std::size_t close = matching(at, end, '[', ']');
    if (close == std::string_view::npos || !index(variable, at + 1, close)) return false;
    at = skip_spaces(text_, close + 1, end);
  }
  while (at < end && text_[at] == '{') {
    const std::size_t close = matching(at, end, '{', '}');
    if (close == std::string_view::npos || !transformation(variable, at + 1, close)) return false;
    at = skip_spaces(text_, close + 1, end);
  }
  if (at < end) {
    error(at, end - at, "this does not belong to a variable",
          "the order is $(<context>name(sub-name)[index]{transformation})");
    return false;
  }
  return true;
}

bool VariableParser::sub_name(ast::Variable& variable, std::size_t begin, std::size_t end) {
  variable.has_sub_name = true;
  variable.sub_name = pieces(begin, end, false);
  return !failed_;
}

bool VariableParser::index(ast::Variable& variable, std::size_t begin, std::size_t end) {
  const std::string_view written = base::trim(text_.substr(begin, end - begin));
  const std::size_t at = skip_spaces(text_, begin, end);
  if (written == "*") {
    variable.index_kind = ast::Variable::IndexKind::All;
  } else if (written == "append") {
    variable.index_kind = ast::Variable::IndexKind::Append;
  } else if (const auto number = base::parse_number<std::int32_t>(written)) {
    variable.index_kind = ast::Variable::IndexKind::At;
    variable.index = *number;
  } else if (written.starts_with('$') && scan_variable(text_.substr(0, end), at).length == written.size()) {
    variable.index_kind = ast::Variable::IndexKind::Dynamic;
    variable.index_variable = this->variable(at, at + written.size());
  } else {
    error(begin, end - begin, fmt::format("'{}' is not an index", written),
          "a number, a negative number from the end, *, append, or a variable", DiagnosticCode::VariableForm);
    return false;
  }
  return !failed_;
}

bool VariableParser::transformation(ast::Variable& variable, std::size_t begin, std::size_t end) {
  const std::string_view written = text_.substr(begin, end - begin);
  const std::size_t comma = written.find(',');
  ast::Transformation result;
  result.name = base::to_lower(base::trim(written.substr(0, comma)));
  result.span = origin_->span(begin, end - begin);
  if (result.name.find('.') == std::string::npos) {
    error(begin, end - begin, fmt::format("'{}' is not a transformation", result.name),
          "a class and a name, as in {s.len} or {uri.user}");
    return false;
  }
  if (comma != std::string_view::npos) {
    result.has_arguments = true;
    result.raw_arguments = written.substr(comma + 1);
    for (std::size_t i = 0; i <= result.raw_arguments.size(); ++i) {
      result.raw_origin.map.push_back(origin_->at(begin + comma + 1 + i));
    }
  }
  variable.transformations.push_back(std::move(result));
  return true;
}

}  // namespace carillon::script
