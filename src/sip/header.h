// SPDX-License-Identifier: Apache-2.0
// Headers as they stand in a message: one line each (folds included), found by id or name, and the values in their
// lists.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>

#include "sip/header_id.h"
#include "sip/list.h"

namespace carillon::sip {

// One header of a message, as views into its bytes.
struct Header {
  HeaderId id = HeaderId::Other;
  std::string_view name = {};   // as written: may be a compact form
  std::string_view value = {};  // trimmed; folds are still inside (see unfold())
  std::string_view line = {};   // from the first byte of the name to behind the line end of the last folded line
};

// One value of a list header.
struct ListItem {
  std::string_view value = {};  // this value, trimmed
  std::string_view list = {};   // the value of the whole header
  std::string_view line = {};   // the header's line
};

// Where a header stands, as offsets: survives a copy of the message's bytes.
struct HeaderLine {
  std::uint32_t begin = 0;
  std::uint32_t name_end = 0;
  std::uint32_t value_begin = 0;
  std::uint32_t value_end = 0;
  std::uint32_t end = 0;
  HeaderId id = HeaderId::Other;
};

// Which headers of which message.
struct HeaderFilter {
  std::string_view bytes = {};
  std::span<const HeaderLine> lines;
  std::string_view name = {};  // told apart by for HeaderId::Other; empty: any of them
  HeaderId id = HeaderId::Other;
  bool all = false;

  [[nodiscard]] bool matches(const HeaderLine& line) const;
};

// The headers of a message that match an id or a name, in the order received. Iterators outlive the range.
class HeaderRange {
 public:
  // All headers.
  HeaderRange(std::string_view bytes, std::span<const HeaderLine> lines)
      : filter_{.bytes = bytes, .lines = lines, .name = {}, .all = true} {}
  HeaderRange(std::string_view bytes, std::span<const HeaderLine> lines, HeaderId id)
      : filter_{.bytes = bytes, .lines = lines, .name = {}, .id = id} {}
  // By name: a known one matches its compact form too.
  HeaderRange(std::string_view bytes, std::span<const HeaderLine> lines, std::string_view name)
      : filter_{.bytes = bytes,
                .lines = name.empty() ? std::span<const HeaderLine>() : lines,
                .name = name,
                .id = parse_header_name(name)} {}

  class Iterator {
   public:
    using value_type = Header;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    explicit Iterator(const HeaderFilter& filter) : filter_(filter) { skip(); }
    Header operator*() const;
    Iterator& operator++() {
      ++at_;
      skip();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.at_ >= it.filter_.lines.size(); }

   private:
    void skip() {
      while (at_ < filter_.lines.size() && !filter_.matches(filter_.lines[at_])) ++at_;
    }
    HeaderFilter filter_;
    std::size_t at_ = 0;
  };

  [[nodiscard]] Iterator begin() const { return Iterator(filter_); }
  [[nodiscard]] static std::default_sentinel_t end() { return {}; }
  [[nodiscard]] bool empty() const { return begin() == end(); }
  [[nodiscard]] std::size_t count() const;

 private:
  HeaderFilter filter_;
};

// The values of all list headers with one id: comma lists and several lines read as one sequence.
class ItemRange {
 public:
  explicit ItemRange(HeaderRange headers) : headers_(headers) {}

  class Iterator {
   public:
    using value_type = ListItem;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    explicit Iterator(HeaderRange::Iterator headers) : header_(headers) { enter(); }
    ListItem operator*() const { return {*value_, current_.value, current_.line}; }
    Iterator& operator++();
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& it, std::default_sentinel_t end) { return it.header_ == end; }

   private:
    void enter();
    HeaderRange::Iterator header_;
    Header current_;
    CommaList::Iterator value_;
  };

  [[nodiscard]] Iterator begin() const { return Iterator(headers_.begin()); }
  [[nodiscard]] static std::default_sentinel_t end() { return {}; }
  [[nodiscard]] bool empty() const { return begin() == end(); }

 private:
  HeaderRange headers_;
};

}  // namespace carillon::sip
