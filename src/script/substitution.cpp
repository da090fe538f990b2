// SPDX-License-Identifier: Apache-2.0
// sed-style substitutions.
#include "script/substitution.h"

#include <fmt/format.h>

#include "base/strings.h"

namespace carillon::script {

namespace {

std::string_view without_quotes(std::string_view text) {
  text = base::trim(text);
  return text.size() >= 2 && text.front() == '"' && text.back() == '"' ? text.substr(1, text.size() - 2) : text;
}

bool begins_with_delimiter(std::string_view text) {
  return text.size() >= 3 && !base::is_alpha(text.front()) && !base::is_digit(text.front()) && text.front() != '\\';
}

// The next unescaped delimiter, or npos.
std::size_t find_delimiter(std::string_view text, char delimiter, std::size_t from) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] == delimiter) return i;
    if (text[i] == '\\') ++i;
  }
  return std::string_view::npos;
}

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

base::Result<Substitution> Substitution::parse(std::string_view text, Regex::Options options) {
  text = without_quotes(text);
  if (!begins_with_delimiter(text)) return base::fail("a substitution is written /expression/replacement/flags");
  const char delimiter = text.front();
  text.remove_prefix(1);
  bool closed = false;
  const std::string expression = take_part(text, delimiter, closed);
  if (!closed) return base::fail(fmt::format("a second '{}' is missing in this substitution", delimiter));
  const std::string replacement = take_part(text, delimiter, closed);
  if (!closed) return base::fail(fmt::format("a third '{}' is missing in this substitution", delimiter));

  Substitution result;
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
  auto regex = cached_regex(expression, options);
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

std::optional<Substitution::Extent> Substitution::find_replacement(std::string_view text) {
  const std::string_view inside = without_quotes(text);
  if (!begins_with_delimiter(inside)) return std::nullopt;
  const char delimiter = inside.front();
  const std::size_t second = find_delimiter(inside, delimiter, 1);
  if (second == std::string_view::npos) return std::nullopt;
  const std::size_t third = find_delimiter(inside, delimiter, second + 1);
  if (third == std::string_view::npos) return std::nullopt;
  const auto skipped = static_cast<std::size_t>(inside.data() - text.data());
  return Extent{.begin = skipped + second + 1, .end = skipped + third, .delimiter = delimiter};
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

std::string Substitution::replacement(std::string_view text, const std::vector<Regex::Group>& groups) const {
  std::string result;
  for (const Piece& piece : replacement_) {
    result += piece.literal;
    if (piece.group < 0 || static_cast<std::size_t>(piece.group) >= groups.size()) continue;
    const Regex::Group& group = groups[static_cast<std::size_t>(piece.group)];
    if (group.begin != std::string_view::npos) result += text.substr(group.begin, group.end - group.begin);
  }
  return result;
}

base::Result<std::vector<Substitution::Match>> Substitution::matches(std::string_view text,
                                                                     std::size_t max_size) const {
  std::vector<Match> found;
  std::size_t size = 0;
  std::size_t behind = 0;  // the last match
  std::size_t from = 0;
  while (from <= text.size()) {
    auto groups = regex_->search(text, from);
    if (!groups) return std::unexpected(std::move(groups.error()));
    if (groups->empty()) break;
    const Regex::Group whole = groups->front();
    // Right behind a match an empty one is no match of its own.
    if (whole.begin == whole.end && !found.empty() && whole.begin == behind && from == behind) {
      from = whole.end + 1;
      continue;
    }
    found.push_back({whole.begin, whole.end, replacement(text, *groups)});
    size += found.back().text.size();
    if (size > max_size) return base::fail("the result of a substitution is too long");
    behind = whole.end;
    if (!global_) break;
    // An empty match moves on by one, or it would be found for ever.
    from = whole.end > whole.begin ? whole.end : whole.end + 1;
  }
  return found;
}

base::Result<Substitution::Replaced> Substitution::apply(std::string_view text, std::size_t max_size) const {
  const auto found = matches(text, max_size);
  if (!found) return std::unexpected(found.error());
  Replaced result;
  result.count = found->size();
  std::size_t copied = 0;
  for (const Match& match : *found) {
    result.text.append(text.substr(copied, match.begin - copied)).append(match.text);
    copied = match.end;
  }
  result.text += text.substr(copied);
  if (result.text.size() > max_size) return base::fail("the result of a substitution is too long");
  return result;
}

}  // namespace carillon::script
