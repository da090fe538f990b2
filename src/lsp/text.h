// SPDX-License-Identifier: Apache-2.0
// A document's text by lines. The protocol counts columns in UTF-16 code units from 0; here text is UTF-8.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace carillon::lsp {

struct Place {
  std::uint32_t line = 0;
  std::uint32_t character = 0;

  friend auto operator<=>(const Place&, const Place&) = default;
};

// `end` is behind the last character.
struct Range {
  Place start;
  Place end;

  friend bool operator==(const Range&, const Range&) = default;
};

// Where the lines of a text begin. A line ends with "\n", "\r\n" or "\r", as the protocol has it. Anything that is no
// UTF-8 counts one a byte. Places outside the text mean the nearest one inside.
class LineIndex {
 public:
  // `text` outlives the index.
  explicit LineIndex(std::string_view text);

  [[nodiscard]] Place place(std::size_t offset) const;
  [[nodiscard]] std::size_t offset(Place place) const;
  [[nodiscard]] Range range(std::size_t begin, std::size_t end) const { return {place(begin), place(end)}; }
  // The byte of a line and column that count from 1, the column in bytes, lines ending with "\n" only: as the script's
  // own positions do.
  [[nodiscard]] std::size_t byte_of(std::uint32_t line, std::uint32_t column) const;
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  std::string_view text_;
  std::vector<std::size_t> lines_;     // of the protocol
  std::vector<std::size_t> newlines_;  // lines that "\n" alone makes
};

}  // namespace carillon::lsp
