// SPDX-License-Identifier: Apache-2.0
// What a script variable holds: nothing, a number, a text, or a text that also has a number (as $rs and $rp do).
#pragma once

#include <cstdint>
#include <string_view>

namespace carillon::script {

// Cheap to copy. Text is not owned: it lives in the message, in the run's arena or in static storage, and stays valid
// until the run ends, whatever is assigned meanwhile.
class Value {
 public:
  constexpr Value() = default;

  [[nodiscard]] static constexpr Value null() { return {}; }
  // Numbers are 32-bit signed in scripts; arithmetic wraps them (to_script_integer), the host may hand in wider ones.
  [[nodiscard]] static constexpr Value integer(std::int64_t number) { return Value(Kind::Integer, {}, number); }
  [[nodiscard]] static constexpr Value text(std::string_view text) { return Value(Kind::Text, text, 0); }
  // A number with its decimal form, or a text that is also a number: compares with both kinds.
  [[nodiscard]] static constexpr Value both(std::string_view text, std::int64_t number) {
    return Value(Kind::Both, text, number);
  }

  [[nodiscard]] constexpr bool is_null() const { return kind_ == Kind::Null; }
  [[nodiscard]] constexpr bool has_integer() const { return kind_ == Kind::Integer || kind_ == Kind::Both; }
  [[nodiscard]] constexpr bool has_text() const { return kind_ == Kind::Text || kind_ == Kind::Both; }

  // 0 without an integer.
  [[nodiscard]] constexpr std::int64_t as_integer() const { return number_; }
  // Empty without a text; a bare number has none (script::to_text makes one).
  [[nodiscard]] constexpr std::string_view as_text() const { return {data_, size_}; }

  // A condition that is only this value: a number is true when not 0, a text when not empty ("0" is true), NULL never.
  [[nodiscard]] constexpr bool is_true() const {
    switch (kind_) {
      case Kind::Null:
        return false;
      case Kind::Integer:
        return number_ != 0;
      case Kind::Text:
        return size_ != 0;
      case Kind::Both:
        return number_ != 0;
    }
    return false;
  }

  // Same kind and same content, byte by byte. (The script's == ignores case: see operators.h.)
  friend constexpr bool operator==(const Value& a, const Value& b) {
    return a.kind_ == b.kind_ && a.number_ == b.number_ && a.as_text() == b.as_text();
  }

 private:
  enum class Kind : std::uint8_t { Null, Integer, Text, Both };

  constexpr Value(Kind kind, std::string_view text, std::int64_t number)
      : data_(text.data()), number_(number), size_(static_cast<std::uint32_t>(text.size())), kind_(kind) {}

  const char* data_ = nullptr;
  std::int64_t number_ = 0;
  std::uint32_t size_ = 0;
  Kind kind_ = Kind::Null;
};

struct NamedValue {
  std::string_view name;
  Value value;
};

// Arithmetic of the language is 32-bit two's complement.
[[nodiscard]] constexpr std::int64_t to_script_integer(std::int64_t wide) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(static_cast<std::uint64_t>(wide)));
}

}  // namespace carillon::script
