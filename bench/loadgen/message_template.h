// SPDX-License-Identifier: Apache-2.0
// A message with holes: parsed once, filled in with one pass of copies for each message sent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::bench {

// The holes a template may have; in the text each stands as its name in braces, as kFieldNames spells it.
enum class Field : std::uint8_t { Caller, Callee, CallId, Tag, Branch, CSeq, Target, To, Routes, Index, Credentials };
inline constexpr std::size_t kFieldCount = 11;
inline constexpr std::array<std::string_view, kFieldCount> kFieldNames = {
    "caller", "callee", "call_id", "tag", "branch", "cseq", "target", "to", "routes", "index", "credentials"};

class FieldValues {
 public:
  FieldValues& set(Field field, std::string_view value) {
    values_[static_cast<std::size_t>(field)] = value;
    return *this;
  }
  [[nodiscard]] std::string_view get(Field field) const { return values_[static_cast<std::size_t>(field)]; }

 private:
  std::array<std::string_view, kFieldCount> values_;
};

class MessageTemplate {
 public:
  // `text` holds "{name}" for each hole; other braces stand for themselves.
  explicit MessageTemplate(std::string_view text);

  // Writes the message to `out` (room for kDatagramSize bytes) and returns its length; 0 if it doesn't fit.
  [[nodiscard]] std::size_t render(char* out, const FieldValues& values) const;

 private:
  struct Piece {
    std::string literal;
    Field field;  // follows the literal
  };

  std::vector<Piece> pieces_;
  std::string tail_;
};

}  // namespace carillon::bench
