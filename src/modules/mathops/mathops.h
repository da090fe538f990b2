// SPDX-License-Identifier: Apache-2.0
// mathops: numbers with a fraction, which scripts have as texts.
#pragma once

#include <optional>
#include <string_view>

#include "module/module.h"

namespace carillon::mathops {

using module::Output;
using module::RouteContext;
using module::Verdict;

class Mathops final : public module::Module {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;

  // --- parameters
  int decimal_digits = 6;

  // --- functions
  Verdict math_eval(RouteContext& context, std::string_view expression, Output result);
  Verdict math_rpn(RouteContext& context, std::string_view expression, Output result);
  Verdict math_floor(RouteContext& context, std::string_view number, Output result);
  Verdict math_ceil(RouteContext& context, std::string_view number, Output result);
  Verdict math_trunc(RouteContext& context, std::string_view number, Output result);
  Verdict math_round(RouteContext& context, std::string_view number, Output result, std::optional<int> decimals);
  Verdict math_round_sf(RouteContext& context, std::string_view number, Output result, int figures);
  Verdict math_compare(RouteContext& context, std::string_view first, std::string_view second, Output result);

 private:
  [[nodiscard]] Verdict whole(RouteContext& context, std::string_view number, const Output& result,
                              double (*rounded)(double)) const;
};

}  // namespace carillon::mathops
