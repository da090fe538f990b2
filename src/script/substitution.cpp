// SPDX-License-Identifier: Apache-2.0
// sed-style substitutions.
#include "script/substitution.h"

#include <fmt/format.h>

#include "base/strings.h"

namespace carillon::script {

namespace {

// Up to an unescaped delimiter. An escaped one loses its backslash.
std::string take_part(std::string_view& rest, char delimiter, bool& closed) {
  std::string part;
  std::size_t i = 0;
  for (; i < rest.size() && rest[i] != delimiter; ++i) {
    if (rest[i] == '\\' && i + 1 < rest.size()) {
      if (rest[i + 1] != delimiter) part += '\\';
      ++i;
    }
    part += rest[i];
  }
  closed = i < rest.size();
  rest = closed ? rest.substr(i + 1) : std::string_view{};
  return part;
}

}  // namespace

base::Result<Substitution> Substitution::parse(std::string_view text) {
  text = base::trim(text);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  if (text.size() < 3 || base::is_alpha(text.front()) || base::is_digit(text.front()) || text.front() == '\\') {
    return base::fail("a substitution is written /expression/replacement/flags");
  }
  const char delimiter = text.front();
  text.remove_prefix(1);
  bool closed = false;
  const std::string expression = take_part(text, delimiter, closed);
  if (!closed) return base::fail(fmt::format("a second '{}' is missing in this substitution", delimiter));
  const std::string replacement = take_part(text, delimiter, closed);
  if (!closed) return base::fail(fmt::format("a third '{}' is missing in this substitution", delimiter));

  Substitution result;
  Regex::Options options{.ignore_case = false, .multi_line = true};
  for (const char flag : text) {
    switch (flag) {
      case 'i':
        options.ignore_case = true;
        break;
      case 'g':
        result.global_ = true;
        break;
      case 's':
        options.multi_line = false;
        options.dot_all = true;
        break;
      default:
        return base::fail(fmt::format("unknown flag '{}' of a substitution: i, g and s are known", flag));
    }
  }
  auto regex = Regex::compile(expression, options);
  if (!regex) return std::unexpected(std::move(regex.error()));
  result.regex_ = std::move(*regex);
  auto pieces = parse_replacement(replacement, delimiter);
  if (!pieces) return std::unexpected(std::move(pieces.error()));
  for (const Piece& piece : *pieces) {
    if (piece.group > static_cast<int>(result.regex_->groups())) {
      return base::fail(
          fmt::format("\\{} is used, but the expression has {} groups", piece.group, result.regex_->groups()));
    }
  }
  result.replacement_ = std::move(*pieces);
  return result;
}

base::Result<std::vector<Substitution::Piece>> Substitution::parse_replacement(std::string_view text, char delimiter) {
  std::vector<Piece> pieces;
  std::string literal;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      literal += text[i];
      continue;
    }
    const char c = text[++i];
    if (base::is_digit(c)) {
      pieces.push_back({std::move(literal), c - '0'});
      literal.clear();
      continue;
    }
    switch (c) {
      case 'n':
        literal += '\n';
        break;
      case 'r':
        literal += '\r';
        break;
      case 't':
        literal += '\t';
        break;
      case '\\':
        literal += '\\';
        break;
      default:
        if (c != delimiter) literal += '\\';
        literal += c;
        break;
    }
  }
  pieces.push_back({std::move(literal), -1});
  return pieces;
}

base::Result<Substitution::Replaced> Substitution::apply(std::string_view text, std::size_t max_size) const {
  Replaced result;
  std::size_t copied = 0;
  std::size_t from = 0;
  while (from <= text.size()) {
    auto groups = regex_->search(text, from);
    if (!groups) return std::unexpected(std::move(groups.error()));
    if (groups->empty()) break;
    const Regex::Group whole = groups->front();
    // Right behind a match an empty one is no match of its own.
    if (whole.begin == whole.end && result.count > 0 && whole.begin == copied && from == copied) {
      from = whole.end + 1;
      continue;
    }
    result.text += text.substr(copied, whole.begin - copied);
    for (const Piece& piece : replacement_) {
      result.text += piece.literal;
      if (piece.group < 0 || static_cast<std::size_t>(piece.group) >= groups->size()) continue;
      const Regex::Group& group = (*groups)[static_cast<std::size_t>(piece.group)];
      if (group.begin != std::string_view::npos) result.text += text.substr(group.begin, group.end - group.begin);
    }
    copied = whole.end;
    ++result.count;
    if (result.text.size() > max_size) return base::fail("the result of a substitution is too long");
    if (!global_) break;
    // An empty match moves on by one, or it would be found for ever.
    from = whole.end > whole.begin ? whole.end : whole.end + 1;
  }
  result.text += text.substr(copied);
  if (result.text.size() > max_size) return base::fail("the result of a substitution is too long");
  return result;
}

}  // namespace carillon::script
