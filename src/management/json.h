// SPDX-License-Identifier: Apache-2.0
// A JSON value as commands take and give it: members keep their order, reading is bounded, text is always valid UTF-8.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace carillon::management {

// A template only so that Json, which holds some, need not be complete where they are declared.
template <typename Value>
struct NamedValue {
  std::string name;
  Value value;
  friend bool operator==(const NamedValue&, const NamedValue&) = default;
};

class Json {
 public:
  using Member = NamedValue<Json>;
  using Array = std::vector<Json>;
  using Object = std::vector<Member>;

  Json() = default;  // null
  Json(bool value) : value_(value) {}
  // Beyond 63 bits it becomes a double.
  template <std::integral T>
  Json(T value) : value_(static_cast<std::int64_t>(value)) {
    if (!std::in_range<std::int64_t>(value)) value_ = static_cast<double>(value);
  }
  Json(double value) : value_(value) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}

  [[nodiscard]] static Json array() { return Json(Array{}); }
  [[nodiscard]] static Json object() { return Json(Object{}); }

  // A value that is written already, `text` being nothing but JSON: what is too much to be taken apart where others
  // wait. As many blanks in front of it as kHeadroom leave room for what goes before, so that it need not be copied.
  [[nodiscard]] static Json written(std::string text);
  static constexpr std::size_t kHeadroom = 64;
  // Gives that text away; nullptr when it isn't one.
  [[nodiscard]] std::string* if_written();
  [[nodiscard]] const std::string* written_text() const;

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  // The value when it is of that type, otherwise nullptr.
  [[nodiscard]] const bool* if_bool() const { return std::get_if<bool>(&value_); }
  [[nodiscard]] const std::int64_t* if_integer() const { return std::get_if<std::int64_t>(&value_); }
  [[nodiscard]] const double* if_real() const { return std::get_if<double>(&value_); }
  [[nodiscard]] const std::string* if_string() const { return std::get_if<std::string>(&value_); }
  [[nodiscard]] const Array* if_array() const { return std::get_if<Array>(&value_); }
  [[nodiscard]] const Object* if_object() const { return std::get_if<Object>(&value_); }

  // The member of that very name; nullptr when this isn't an object or has none.
  [[nodiscard]] const Json* find(std::string_view name) const;

  // Appends to an array or an object; null becomes one first. Returns what was appended, valid until the next one.
  Json& push_back(Json value);
  Json& add(std::string name, Json value);

  // Bytes that aren't UTF-8 are written as U+FFFD. `indent`: spaces a level; negative: all on one line.
  [[nodiscard]] std::string text(int indent = -1) const;

  struct Limits {
    std::size_t bytes = 1U << 20;
    std::size_t depth = 32;
    std::size_t values = 100'000;
  };
  // The error says where reading stopped. Integers beyond 64 bits become doubles.
  [[nodiscard]] static base::Result<Json> parse(std::string_view text, const Limits& limits);
  [[nodiscard]] static base::Result<Json> parse(std::string_view text) { return parse(text, Limits{}); }

  friend bool operator==(const Json& a, const Json& b);

 private:
  struct Written {
    std::string text;
    friend bool operator==(const Written&, const Written&) = default;
  };

  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object, Written> value_;
};

// JSON text with an indent of so many spaces a level; text that is no JSON as it is.
[[nodiscard]] std::string indented(std::string text, int spaces);

}  // namespace carillon::management
