// SPDX-License-Identifier: Apache-2.0
// Fuzzes what math_eval() and math_rpn() take: any text ends in a finite number or an error.
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "modules/mathops/expression.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = carillon::mathops::evaluate(text);
  CARILLON_ASSERT(!value || std::isfinite(*value));
  const auto rpn = carillon::mathops::evaluate_rpn(text);
  CARILLON_ASSERT(!rpn || std::isfinite(*rpn));
  return 0;
}
