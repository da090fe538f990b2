// SPDX-License-Identifier: Apache-2.0
// Splitting of comma lists and parameters.
#include "sip/list.h"

#include <algorithm>

#include "base/strings.h"
#include "sip/grammar.h"

namespace carillon::sip {
namespace {

// The offset behind the quoted-string that begins at `at`; an open one reaches to the end.
std::size_t skip_quoted(std::string_view text, std::size_t at) {
  return std::min(quoted_string_end(text, at), text.size());
}

// The offset of the first comma outside quotes and angle brackets, or the end. Most values hold no comma at all.
std::size_t find_comma(std::string_view text) {
  if (text.find(',') == std::string_view::npos) return text.size();
  bool in_brackets = false;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '"') {
      i = skip_quoted(text, i);
      continue;
    }
    if (c == ',' && !in_brackets) return i;
    in_brackets = c == '<' || (in_brackets && c != '>');
    ++i;
  }
  return text.size();
}

// The offset of the first `separator` outside quotes, or the end.
std::size_t find_separator(std::string_view text, char separator) {
  const std::size_t first = std::min(text.find(separator), text.size());
  std::size_t quote = text.substr(0, first).find('"');
  if (quote == std::string_view::npos) return first;
  while (quote < text.size() && text[quote] != separator)
    quote = text[quote] == '"' ? skip_quoted(text, quote) : quote + 1;
  return std::min(quote, text.size());
}

}  // namespace

void CommaList::Iterator::advance() {
  value_ = {};
  while (value_.empty() && !rest_.empty()) {
    const std::size_t comma = find_comma(rest_);
    value_ = base::trim(rest_.substr(0, comma));
    rest_.remove_prefix(comma == rest_.size() ? comma : comma + 1);
  }
}

void Params::Iterator::advance() {
  param_ = {};
  while (param_.text.empty() && !rest_.empty()) {
    const std::size_t end = find_separator(rest_, separator_);
    param_.text = base::trim(rest_.substr(0, end));
    rest_.remove_prefix(end == rest_.size() ? end : end + 1);
  }
  const std::size_t equals = param_.text.find('=');
  param_.has_value = equals != std::string_view::npos;
  param_.name = param_.has_value ? base::trim(param_.text.substr(0, equals)) : param_.text;
  if (param_.has_value) param_.value = base::trim(param_.text.substr(equals + 1));
}

std::optional<std::string_view> Params::find(std::string_view name) const {
  if (text_.size() < name.size()) return std::nullopt;
  for (const Param& param : *this) {
    if (base::iequals(param.name, name)) return param.value;
  }
  return std::nullopt;
}

bool Params::well_formed() const {
  std::string_view rest = text_;
  while (!rest.empty()) {
    const std::size_t end = find_separator(rest, separator_);
    const std::string_view text = base::trim(rest.substr(0, end));
    const std::size_t equals = text.find('=');
    if (!is_token(base::trim(text.substr(0, equals)))) return false;
    if (equals != std::string_view::npos) {
      const std::string_view value = base::trim(text.substr(equals + 1));
      if (value.starts_with('"') && quoted_string_end(value, 0) != value.size()) return false;
    }
    if (end == rest.size()) return true;
    rest.remove_prefix(end + 1);
    if (rest.empty()) return false;  // ends with a separator
  }
  return true;
}

}  // namespace carillon::sip
