// SPDX-License-Identifier: Apache-2.0
// See pair_text.h.
#include "modules/dialog/pair_text.h"

namespace carillon::dialog {
namespace {

constexpr char kBetween = '#';
constexpr char kBehind = '|';
constexpr char kEscape = '\\';

void append_escaped(std::string& text, std::string_view part) {
  for (const char c : part) {
    if (c == kBetween || c == kBehind || c == kEscape) text += kEscape;
    text += c;
  }
}

// Up to an unescaped `end`, which is taken too; nothing when there is none.
std::optional<std::string> take_part(std::string_view& text, char end) {
  std::string part;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == end) {
      text.remove_prefix(at + 1);
      return part;
    }
    if (text[at] == kEscape && at + 1 < text.size()) ++at;
    part += text[at];
  }
  return std::nullopt;
}

}  // namespace

void append_pair(std::string& text, std::string_view name, std::string_view value) {
  append_escaped(text, name);
  text += kBetween;
  append_escaped(text, value);
  text += kBehind;
}

std::optional<Pair> take_pair(std::string_view& text) {
  auto name = take_part(text, kBetween);
  auto value = name ? take_part(text, kBehind) : std::nullopt;
  if (!value) {
    text = {};
    return std::nullopt;
  }
  return Pair{std::move(*name), std::move(*value)};
}

}  // namespace carillon::dialog
