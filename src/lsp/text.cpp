// SPDX-License-Identifier: Apache-2.0
// Bytes to places and back.
#include "lsp/text.h"

#include <algorithm>

namespace carillon::lsp {

namespace {

// Bytes of the character that begins at `at`; 1 for what is no UTF-8.
std::size_t character_length(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1;
  if (at + length > text.size()) return 1;
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[at + i]) & 0xC0U) != 0x80U) return 1;
  }
  return length;
}

constexpr std::size_t kLengthOfPairs = 4;  // bytes of a character that UTF-16 writes as two units

}  // namespace

LineIndex::LineIndex(std::string_view text) : text_(text), lines_{0}, newlines_{0} {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') newlines_.push_back(i + 1);
    const bool ends = text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'));
    if (ends) lines_.push_back(i + 1);
  }
}

Place LineIndex::place(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto next = std::upper_bound(lines_.begin(), lines_.end(), offset);
  const auto line = static_cast<std::size_t>(next - lines_.begin()) - 1;
  std::uint32_t character = 0;
  for (std::size_t at = lines_[line]; at < offset;) {
    const std::size_t length = character_length(text_, at);
    if (at + length > offset) break;  // inside a character: where it begins
    character += length == kLengthOfPairs ? 2 : 1;
    at += length;
  }
  return {static_cast<std::uint32_t>(line), character};
}

std::size_t LineIndex::offset(Place place) const {
  if (place.line >= lines_.size()) return text_.size();
  std::size_t at = lines_[place.line];
  std::uint32_t character = 0;
  while (at < text_.size() && character < place.character && text_[at] != '\n' && text_[at] != '\r') {
    const std::size_t length = character_length(text_, at);
    character += length == kLengthOfPairs ? 2 : 1;
    if (character > place.character) break;  // between the halves of a pair
    at += length;
  }
  return at;
}

std::size_t LineIndex::byte_of(std::uint32_t line, std::uint32_t column) const {
  if (line == 0) return 0;
  if (line > newlines_.size()) return text_.size();
  return std::min(newlines_[line - 1] + std::max(column, 1U) - 1, text_.size());
}

}  // namespace carillon::lsp
