// SPDX-License-Identifier: Apache-2.0
// The transformations of the language itself: {s.*}, {param.*}, {csv.*}, {ip.*}, {re.*}. They look at text only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "script/declaration.h"
#include "script/value.h"

namespace carillon::script {

// `name` in lower case with its class, "s.len". Null when the language has none of this name.
[[nodiscard]] const TransformationDecl* find_transformation(std::string_view name);
// Whether the language owns the class of "s.x".
[[nodiscard]] bool is_own_transformation_class(std::string_view name);
// The nearest name to a misspelt one of an own class, or empty.
[[nodiscard]] std::string_view nearest_transformation(std::string_view name);

// The tables, one for each class; find_transformation() searches them.
[[nodiscard]] std::span<const TransformationDecl> text_transformations();
[[nodiscard]] std::span<const TransformationDecl> encoding_transformations();
[[nodiscard]] std::span<const TransformationDecl> list_transformations();     // param., csv.
[[nodiscard]] std::span<const TransformationDecl> address_transformations();  // ip.
[[nodiscard]] std::span<const TransformationDecl> substitution_transformations();

// --- For those who write transformations -----------------------------------------------------------------------------

// Longer results are NULL.
inline constexpr std::size_t kMaxTransformed = 64 * 1024;

// A value as text: a number in decimal, made in `arena`; empty for NULL.
[[nodiscard]] std::string_view to_text(const Value& value, base::Arena& arena);
// The same where it stands in a text between others: NULL is "<null>".
[[nodiscard]] std::string_view to_text_piece(const Value& value, base::Arena& arena);

// Argument `index` as a number or text; the fallback when it is missing or NULL.
[[nodiscard]] std::int64_t integer_argument(std::span<const Argument> arguments, std::size_t index,
                                            std::int64_t fallback);
[[nodiscard]] std::string_view text_argument(std::span<const Argument> arguments, std::size_t index,
                                             base::Arena& arena);

// The element of a list of `count` an index means: from 0, or negative from the end.
[[nodiscard]] constexpr std::optional<std::size_t> resolve_index(std::int64_t index, std::size_t count) {
  const auto size = static_cast<std::int64_t>(count);
  const std::int64_t at = index < 0 ? size + index : index;
  if (at < 0 || at >= size) return std::nullopt;
  return static_cast<std::size_t>(at);
}

}  // namespace carillon::script
