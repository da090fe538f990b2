// SPDX-License-Identifier: Apache-2.0
// Arithmetic that scripts hand in as text: in the usual notation and in Reverse Polish Notation. What isn't a finite
// number at the end is an error.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace carillon::mathops {

inline constexpr std::size_t kMaxExpression = 8192;  // characters

// "2 * (3.5 - -1) ^ 2 % 7", "sqrt(2) / pi". ^ binds tightest and goes from left to right; a sign belongs to what stands
// behind it, so that -2 ^ 2 is 4.
[[nodiscard]] base::Result<double> evaluate(std::string_view text);

// "1 3 / exp ln": numbers and words separated by blanks; what is on top of the stack at the end.
[[nodiscard]] base::Result<double> evaluate_rpn(std::string_view text);

// A whole text as a decimal number, blanks around it allowed; neither "inf" nor "nan" nor hexadecimal.
[[nodiscard]] std::optional<double> parse_real(std::string_view text);

}  // namespace carillon::mathops
