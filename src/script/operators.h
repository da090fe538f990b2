// SPDX-License-Identifier: Apache-2.0
// What the operators of the language do to values: its arithmetic, its comparisons and its three truths.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/arena.h"
#include "base/ip.h"
#include "base/result.h"
#include "script/declaration.h"
#include "script/value.h"

namespace carillon::script {

// An error in a condition is neither true nor false: it stops the whole chain of && and ||, and `if` takes its else.
enum class Truth : std::int8_t { Error = -1, False = 0, True = 1 };

enum class CompareOp : std::uint8_t { Equal, NotEqual, Less, Greater, LessEqual, GreaterEqual, Match, NotMatch };

// All but Match and NotMatch. Texts without regard to case; a number with a text is an Error; NULL equals NULL only and
// is neither less nor greater than anything.
[[nodiscard]] Truth compare(CompareOp op, const Value& left, const Value& right);

// == and != with an address or network. What isn't an address equals none.
[[nodiscard]] Truth compare_address(CompareOp op, const Value& left, const base::IpNetwork& network);

// 32-bit arithmetic; `+` joins texts when the left one is a text; & | ^ of equally long texts go byte by byte.
// fail(): types that don't go together, division by zero, a text longer than `max_text`.
[[nodiscard]] base::Result<Value> combine(Operator operation, const Value& left, const Value& right, base::Arena& arena,
                                          std::size_t max_text);

// The compound forms (+= ...) are stricter: both numbers, or both texts; NULL is a failure.
[[nodiscard]] base::Result<Value> combine_into(Operator operation, const Value& left, const Value& right,
                                               base::Arena& arena, std::size_t max_text);

[[nodiscard]] std::string_view spelling_of(Operator operation);

}  // namespace carillon::script
