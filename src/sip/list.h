// SPDX-License-Identifier: Apache-2.0
// Comma-separated lists and semicolon-separated parameters, read in place; commas inside quotes, <> and () don't count.
#pragma once

#include <cstddef>
#include <iterator>
#include <optional>
#include <string_view>

namespace carillon::sip {

// The values of one header line: `for (std::string_view value : CommaList(text))`. Values are trimmed, empty ones are
// left out, and each is a piece of `text`.
class CommaList {
 public:
  explicit CommaList(std::string_view text) : text_(text) {}

  class Iterator {
   public:
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    Iterator() = default;
    explicit Iterator(std::string_view rest) : rest_(rest) { advance(); }
    std::string_view operator*() const { return value_; }
    Iterator& operator++() {
      advance();
      return *this;
    }
    void operator++(int) { advance(); }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.value_.empty(); }

   private:
    void advance();
    std::string_view rest_;
    std::string_view value_;
  };

  [[nodiscard]] Iterator begin() const { return Iterator(text_); }
  [[nodiscard]] static std::default_sentinel_t end() { return {}; }

 private:
  std::string_view text_;
};

struct Param {
  std::string_view text;  // name and value as written
  std::string_view name;
  std::string_view value;  // as written, quotes kept; empty when there is none
  bool has_value = false;  // tells ";rport=" from ";rport"
};

// Parameters as `a=b;c;d="e;f"`, without a leading separator. Names are compared without regard to case.
class Params {
 public:
  Params() = default;
  explicit Params(std::string_view text, char separator = ';') : text_(text), separator_(separator) {}

  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] char separator() const { return separator_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  // The value of the first parameter so named ("" for one without a value), or nothing.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] bool contains(std::string_view name) const { return find(name).has_value(); }
  // Whether each parameter has a name made of token characters and no value is left open. Iteration does without.
  [[nodiscard]] bool well_formed() const;

  class Iterator {
   public:
    using value_type = Param;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    Iterator() = default;
    Iterator(std::string_view rest, char separator) : rest_(rest), separator_(separator) { advance(); }
    const Param& operator*() const { return param_; }
    const Param* operator->() const { return &param_; }
    Iterator& operator++() {
      advance();
      return *this;
    }
    void operator++(int) { advance(); }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.param_.text.empty(); }

   private:
    void advance();
    std::string_view rest_;
    char separator_ = ';';
    Param param_;
  };

  [[nodiscard]] Iterator begin() const { return Iterator(text_, separator_); }
  [[nodiscard]] static std::default_sentinel_t end() { return {}; }

 private:
  std::string_view text_;
  char separator_ = ';';
};

}  // namespace carillon::sip
