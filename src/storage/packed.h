// SPDX-License-Identifier: Apache-2.0
// Texts of any bytes and values of columns, one after the other, as one text: how rows and records wait on the disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "storage/value.h"

namespace carillon::storage {

// Each item is its size, ':' and its bytes; nothing is '-'.
class Packer {
 public:
  void add(std::string_view text);
  void add(const std::optional<std::string>& text);
  void add(std::int64_t number);
  // With its type: a letter, then what it is as text.
  void add_value(const Value& value);

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

// What was packed, in that order. After the end, or where the text was not made by a Packer, all is empty and ok() is
// false.
class Unpacker {
 public:
  explicit Unpacker(std::string_view text) : rest_(text) {}

  [[nodiscard]] std::optional<std::string> optional_text();
  [[nodiscard]] std::string text() { return optional_text().value_or(std::string()); }
  [[nodiscard]] std::int64_t number();
  // A number of items that follow: never more than there is room for.
  [[nodiscard]] std::size_t count();
  [[nodiscard]] Value value();

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace carillon::storage
