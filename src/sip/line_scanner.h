// SPDX-License-Identifier: Apache-2.0
// Finds the lines of a message's head, 64 bytes at a time, and the bytes that may not stand there. Internal to Message
// and Framer, which so agree on every line.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/strings.h"
#include "sip/grammar.h"
#include "sip/header.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace carillon::sip {

class LineScanner {
 public:
  enum class Kind : std::uint8_t {
    Line,        // a start line or a header with its folds
    EndOfHead,   // the empty line
    Incomplete,  // no further line end
  };
  struct Line {
    Kind kind = Kind::Incomplete;
    std::uint32_t begin = 0;
    std::uint32_t text_end = 0;  // without the last line end
    std::uint32_t end = 0;       // with it
  };

  explicit LineScanner(std::string_view bytes) : bytes_(bytes) { load(); }

  // A line ends with CR LF, or with LF alone; one that begins with white space continues the line before it.
  [[nodiscard]] Line next() {
    Line line{.kind = Kind::Line, .begin = position_};
    while (true) {
      const std::size_t line_feed = take_line_feed();
      if (line_feed == std::string_view::npos) return {.begin = position_};
      line.end = static_cast<std::uint32_t>(line_feed + 1);
      line.text_end = static_cast<std::uint32_t>(line_feed);
      if (line.text_end > line.begin && bytes_[line.text_end - 1] == '\r') --line.text_end;
      if (line.text_end == line.begin) {
        line.kind = Kind::EndOfHead;
        break;
      }
      if (line.end == bytes_.size() || (bytes_[line.end] != ' ' && bytes_[line.end] != '\t')) break;
    }
    position_ = line.end;
    return line;
  }

  // Whether a NUL, or a CR or LF without the other, stands before `end`, the end of the line last returned.
  [[nodiscard]] bool saw_odd_byte_before(std::uint32_t end) const {
    const std::size_t in_block = end - block_;
    const std::uint64_t before = in_block >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << in_block) - 1;
    return saw_odd_ || (odd_ & before) != 0;
  }

 private:
  struct Masks {
    std::uint64_t line_feed = 0;
    std::uint64_t carriage_return = 0;
    std::uint64_t nul = 0;
  };

  [[nodiscard]] static Masks classify(const char* block) {
    Masks masks;
#if defined(__SSE2__)
    for (unsigned i = 0; i < 64; i += 16) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + i));
      const auto mask = [bytes, i](char c) {
        const int bits = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
        return static_cast<std::uint64_t>(static_cast<unsigned>(bits)) << i;
      };
      masks.line_feed |= mask('\n');
      masks.carriage_return |= mask('\r');
      masks.nul |= mask('\0');
    }
#else
    for (unsigned i = 0; i < 64; ++i) {
      masks.line_feed |= std::uint64_t{block[i] == '\n'} << i;
      masks.carriage_return |= std::uint64_t{block[i] == '\r'} << i;
      masks.nul |= std::uint64_t{block[i] == '\0'} << i;
    }
#endif
    return masks;
  }

  void load() {
    const std::size_t left = bytes_.size() - block_;
    Masks masks;
    if (left >= 64) {
      masks = classify(bytes_.data() + block_);
    } else {
      char padded[64] = {};
      if (left != 0) std::memcpy(padded, bytes_.data() + block_, left);
      masks = classify(padded);
      masks.nul &= (std::uint64_t{1} << left) - 1;
    }
    std::uint64_t bare_return = masks.carriage_return & ~(masks.line_feed >> 1);
    if (left > 64 && bytes_[block_ + 64] == '\n') bare_return &= ~(std::uint64_t{1} << 63);
    std::uint64_t behind_return = masks.carriage_return << 1;
    if (block_ != 0 && bytes_[block_ - 1] == '\r') behind_return |= 1;
    line_feeds_ = masks.line_feed;
    odd_ = bare_return | (masks.line_feed & ~behind_return) | masks.nul;
  }

  // The offset of the next line feed, or npos.
  [[nodiscard]] std::size_t take_line_feed() {
    while (line_feeds_ == 0) {
      if (bytes_.size() - block_ <= 64) return std::string_view::npos;
      saw_odd_ = saw_odd_ || odd_ != 0;
      block_ += 64;
      load();
    }
    const auto bit = static_cast<std::size_t>(std::countr_zero(line_feeds_));
    line_feeds_ &= line_feeds_ - 1;
    return block_ + bit;
  }

  std::string_view bytes_;
  std::size_t block_ = 0;         // offset of the block the masks describe
  std::uint64_t line_feeds_ = 0;  // those not yet taken
  std::uint64_t odd_ = 0;
  bool saw_odd_ = false;        // in an earlier block
  std::uint32_t position_ = 0;  // where the next line begins
};

// The offset of the colon that ends a header's name, or `end`.
[[nodiscard]] inline std::uint32_t find_colon(std::string_view bytes, std::uint32_t begin, std::uint32_t end) {
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

// Splits a line at its colon. White space before the colon is legal (RFC 3261 section 7.3.1) and is no part of the
// name. A line that is no header comes back with name_end equal to begin. Inline: what a header's offsets go through in
// memory on the way to the index costs more than finding them.
[[nodiscard]] inline HeaderLine split_header(std::string_view bytes, LineScanner::Line line) {
  const std::uint32_t colon = find_colon(bytes, line.begin, line.text_end);
  std::uint32_t name_end = colon;
  while (name_end > line.begin && (bytes[name_end - 1] == ' ' || bytes[name_end - 1] == '\t')) --name_end;
  const std::string_view name = bytes.substr(line.begin, name_end - line.begin);
  const HeaderId id = parse_header_name(name);
  if (colon == line.text_end || (id == HeaderId::Other && !is_token(name)))
    return {.begin = line.begin, .name_end = line.begin, .end = line.end};
  std::uint32_t value_begin = colon + 1;
  std::uint32_t value_end = line.text_end;
  while (value_begin < value_end && base::is_lws(bytes[value_begin])) ++value_begin;
  while (value_begin < value_end && base::is_lws(bytes[value_end - 1])) --value_end;
  return {.begin = line.begin,
          .name_end = name_end,
          .value_begin = value_begin,
          .value_end = value_end,
          .end = line.end,
          .id = id};
}

}  // namespace carillon::sip
