// SPDX-License-Identifier: Apache-2.0
// Header lines: splitting, matching, iterating.
#include "sip/header.h"

#include "base/strings.h"
#include "sip/grammar.h"
#include "sip/line_scanner.h"

namespace carillon::sip {
namespace {

// The offset of the colon that ends the name, or `end`.
std::uint32_t find_colon(std::string_view bytes, std::uint32_t begin, std::uint32_t end) {
#if defined(__SSE2__)
  // Most names are shorter than 16 bytes: one comparison and no loop whose length the processor has to guess.
  if (bytes.size() - begin >= 16) {
    const __m128i head = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data() + begin));
    const auto colons = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(head, _mm_set1_epi8(':'))));
    if (colons != 0) {
      const std::uint32_t colon = begin + static_cast<std::uint32_t>(std::countr_zero(colons));
      return colon < end ? colon : end;
    }
  }
#endif
  while (begin < end && bytes[begin] != ':') ++begin;
  return begin;
}

}  // namespace

HeaderLine split_header(std::string_view bytes, const LineScanner::Line& line) {
  HeaderLine header{.begin = line.begin, .name_end = line.begin, .end = line.end};
  const std::uint32_t colon = find_colon(bytes, line.begin, line.text_end);
  if (colon == line.text_end) return header;
  std::uint32_t name_end = colon;
  while (name_end > line.begin && (bytes[name_end - 1] == ' ' || bytes[name_end - 1] == '\t')) --name_end;
  const std::string_view name = bytes.substr(line.begin, name_end - line.begin);
  header.id = parse_header_name(name);
  if (header.id == HeaderId::Other && !is_token(name)) return header;
  header.name_end = name_end;
  header.value_begin = colon + 1;
  header.value_end = line.text_end;
  while (header.value_begin < header.value_end && base::is_lws(bytes[header.value_begin])) ++header.value_begin;
  while (header.value_begin < header.value_end && base::is_lws(bytes[header.value_end - 1])) --header.value_end;
  return header;
}

bool HeaderFilter::matches(const HeaderLine& line) const {
  if (all) return true;
  if (line.id != id) return false;
  return id != HeaderId::Other || name.empty() ||
         base::iequals(bytes.substr(line.begin, line.name_end - line.begin), name);
}

Header HeaderRange::Iterator::operator*() const {
  const HeaderLine& line = filter_.lines[at_];
  const auto view = [this](std::uint32_t begin, std::uint32_t end) { return filter_.bytes.substr(begin, end - begin); };
  return {.id = line.id,
          .name = view(line.begin, line.name_end),
          .value = view(line.value_begin, line.value_end),
          .line = view(line.begin, line.end)};
}

std::size_t HeaderRange::count() const {
  std::size_t result = 0;
  for (Iterator it = begin(); it != end(); ++it) ++result;
  return result;
}

// Stands on the first value of the first header, from the current one on, that has any.
void ItemRange::Iterator::enter() {
  for (; header_ != std::default_sentinel; ++header_) {
    current_ = *header_;
    value_ = CommaList(current_.value).begin();
    if (value_ != std::default_sentinel) return;
  }
}

ItemRange::Iterator& ItemRange::Iterator::operator++() {
  ++value_;
  if (value_ == std::default_sentinel) {
    ++header_;
    enter();
  }
  return *this;
}

bool are_header_lines(std::string_view text) {
  LineScanner scanner(text);
  std::uint32_t end = 0;
  for (auto line = scanner.next(); line.kind != LineScanner::Kind::Incomplete; line = scanner.next()) {
    if (line.kind == LineScanner::Kind::EndOfHead) return false;
    if (split_header(text, line).name_end == line.begin) return false;
    end = line.end;
  }
  return end == text.size() && !scanner.saw_bad_byte_before(end);
}

}  // namespace carillon::sip
