// SPDX-License-Identifier: Apache-2.0
// mathops: the declaration page.
#include "modules/mathops/mathops.h"

namespace carillon::mathops {
namespace {

using namespace module;

constexpr auto kParameters = std::to_array({
    parameter<&Mathops::decimal_digits>("decimal_digits", "Digits behind the point in the results."),
});

constexpr auto kFunctions = std::to_array({
    function<&Mathops::math_eval>("math_eval", {"expression", "result_var"}, kAnyRoute,
                                  "+ - * / % ^ ( ) pi e abs acos asin atan atan2 ceil cos cosh exp floor ln log (of "
                                  "base 10) pow sin sinh sqrt tan tanh; the result is a text."),
    function<&Mathops::math_rpn>("math_rpn", {"expression", "result_var"}, kAnyRoute,
                                 "The same in Reverse Polish Notation: + - * / mod pow neg exp ln log10 abs sqrt cbrt "
                                 "floor ceil round nearbyint trunc e pi drop dup swap."),
    function<&Mathops::math_floor>("math_floor", {"number", "result_var"}, kAnyRoute,
                                   "The nearest whole number below."),
    function<&Mathops::math_ceil>("math_ceil", {"number", "result_var"}, kAnyRoute, "The nearest whole number above."),
    function<&Mathops::math_trunc>("math_trunc", {"number", "result_var"}, kAnyRoute,
                                   "The number without its fraction."),
    function<&Mathops::math_round>("math_round", {"number", "result_var", "decimals"}, kAnyRoute,
                                   "The nearest number with so many decimals, halves away from 0; without decimals a "
                                   "whole number."),
    function<&Mathops::math_round_sf>("math_round_sf", {"number", "result_var", "figures"}, kAnyRoute,
                                      "The nearest number with so many significant figures."),
    function<&Mathops::math_compare>("math_compare", {"exp1", "exp2", "result_var"}, kAnyRoute,
                                     "-1, 0 or 1: whether the first expression is less, equal or greater."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "mathops",
    .documentation = "Numbers with a fraction, which scripts have as texts.",
    .parameters = kParameters,
    .functions = kFunctions,
    .create = &create<Mathops>,
};

}  // namespace carillon::mathops
