// SPDX-License-Identifier: Apache-2.0
// See dialog_id.h.
#include "modules/dialog/dialog_id.h"

namespace carillon::dialog {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

void append_reversed(std::string& text, std::uint32_t number) {
  do {
    text += kDigits[number & 0xfU];
    number >>= 4U;
  } while (number != 0);
}

std::optional<std::uint32_t> read_reversed(std::string_view text) {
  constexpr std::size_t kMostDigits = 8;
  if (text.empty() || text.size() > kMostDigits) return std::nullopt;
  std::uint32_t number = 0;
  for (std::size_t at = text.size(); at-- > 0;) {
    const char lower = static_cast<char>(text[at] | 0x20);  // digits have that bit already
    const std::size_t digit = kDigits.find(lower);
    if (digit == std::string_view::npos) return std::nullopt;
    number = (number << 4U) | static_cast<std::uint32_t>(digit);
  }
  return number;
}

// SER's hash of a text, taken four bytes at a time as signed characters.
std::uint32_t text_hash(std::string_view text) {
  std::uint32_t hash = 0;
  const auto byte = [text](std::size_t at) {
    return static_cast<std::uint32_t>(static_cast<std::int32_t>(static_cast<signed char>(text[at])));
  };
  const auto add = [&hash](std::uint32_t word) { hash += word ^ (word >> 3U); };
  std::size_t at = 0;
  for (; at + 4 <= text.size(); at += 4) {
    add((byte(at) << 24U) + (byte(at + 1) << 16U) + (byte(at + 2) << 8U) + byte(at + 3));
  }
  std::uint32_t rest = 0;
  if (at == text.size()) return hash;
  for (; at < text.size(); ++at) rest = (rest << 8U) + byte(at);
  add(rest);
  return hash;
}

}  // namespace

std::string DialogId::cookie() const {
  std::string text;
  text.reserve(17);
  append_reversed(text, entry);
  text += '.';
  append_reversed(text, number);
  return text;
}

std::optional<DialogId> DialogId::from_cookie(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto entry = read_reversed(text.substr(0, dot));
  const auto number = read_reversed(text.substr(dot + 1));
  if (!entry || !number || *number == 0) return std::nullopt;
  return DialogId{*entry, *number};
}

std::uint32_t hash_entry(std::string_view call_id, std::uint32_t size) {
  const std::uint32_t hash = text_hash(call_id);
  return ((hash + (hash >> 11U)) + ((hash >> 13U) + (hash >> 23U))) & (size - 1);
}

}  // namespace carillon::dialog
