// SPDX-License-Identifier: Apache-2.0
// See mathops.h.
#include "modules/mathops/mathops.h"

#include <fmt/format.h>

#include <cmath>

#include "base/log.h"
#include "modules/mathops/expression.h"

namespace carillon::mathops {

using namespace module;
using script::Value;

namespace {

constexpr int kMostDigits = 17;  // more a double doesn't have

// With so many digits behind the point.
Verdict assign(RouteContext& context, const Output& result, double value, int digits) {
  if (!std::isfinite(value)) return kFalse;
  return Verdict::of(result.assign(Value::text(context.keep(fmt::format("{:.{}f}", value, digits)))));
}

// A number if the script has such numbers, otherwise a text.
Verdict assign_whole(RouteContext& context, const Output& result, double value) {
  if (std::fabs(value) <= INT32_MAX) {
    return Verdict::of(result.assign(Value::integer(static_cast<std::int64_t>(value))));
  }
  return assign(context, result, value, 0);
}

std::optional<double> read(std::string_view function, std::string_view number) {
  const auto value = parse_real(number);
  if (!value) log::error("{}(): '{}' is not a number", function, number);
  return value;
}

}  // namespace

base::Result<> Mathops::start(Services& /*services*/) {
  constexpr int kMost = 50;
  if (decimal_digits < 0 || decimal_digits > kMost) {
    return base::fail(fmt::format("decimal_digits must be from 0 to {}", kMost));
  }
  return {};
}

Verdict Mathops::math_eval(RouteContext& context, std::string_view expression, Output result) {
  const auto value = evaluate(expression);
  if (!value) {
    log::error("math_eval(): {}", value.error().message);
    return kFalse;
  }
  return assign(context, result, *value, decimal_digits);
}

Verdict Mathops::math_rpn(RouteContext& context, std::string_view expression, Output result) {
  const auto value = evaluate_rpn(expression);
  if (!value) {
    log::error("math_rpn(): {}", value.error().message);
    return kFalse;
  }
  return assign(context, result, *value, decimal_digits);
}

Verdict Mathops::whole(RouteContext& context, std::string_view number, const Output& result,
                       double (*rounded)(double)) const {
  const auto value = read("math_floor, math_ceil, math_trunc", number);
  return value ? assign_whole(context, result, rounded(*value)) : kFalse;
}

Verdict Mathops::math_floor(RouteContext& context, std::string_view number, Output result) {
  return whole(context, number, result, [](double x) { return std::floor(x); });
}

Verdict Mathops::math_ceil(RouteContext& context, std::string_view number, Output result) {
  return whole(context, number, result, [](double x) { return std::ceil(x); });
}

Verdict Mathops::math_trunc(RouteContext& context, std::string_view number, Output result) {
  return whole(context, number, result, [](double x) { return std::trunc(x); });
}

Verdict Mathops::math_round(RouteContext& context, std::string_view number, Output result,
                            std::optional<int> decimals) {
  const auto value = read("math_round", number);
  if (!value) return kFalse;
  if (decimals.value_or(0) == 0) return assign_whole(context, result, std::round(*value));
  if (*decimals < 0 || *decimals > kMostDigits) {
    log::error("math_round(): decimals are a number from 0 to {}", kMostDigits);
    return kFalse;
  }
  const double scale = std::pow(10.0, *decimals);
  return assign(context, result, std::round(*value * scale) / scale, *decimals);
}

Verdict Mathops::math_round_sf(RouteContext& context, std::string_view number, Output result, int figures) {
  const auto value = read("math_round_sf", number);
  if (!value) return kFalse;
  if (figures < 1 || figures > kMostDigits) {
    log::error("math_round_sf(): figures are a number from 1 to {}", kMostDigits);
    return kFalse;
  }
  if (*value == 0) return assign(context, result, 0, 0);
  const int before_point = static_cast<int>(std::floor(std::log10(std::fabs(*value)))) + 1;
  const int decimals = figures - before_point;
  // Small numbers have many digits behind the point, and large ones lose some before it.
  const double scale = std::pow(10.0, std::abs(decimals));
  if (!std::isfinite(scale)) return kFalse;
  if (decimals > 0) return assign(context, result, std::round(*value * scale) / scale, decimals);
  return assign(context, result, std::round(*value / scale) * scale, 0);
}

Verdict Mathops::math_compare(RouteContext& /*context*/, std::string_view first, std::string_view second,
                              Output result) {
  const auto left = evaluate(first);
  const auto right = evaluate(second);
  if (!left || !right) {
    log::error("math_compare(): {}", left ? right.error().message : left.error().message);
    return kFalse;
  }
  return Verdict::of(result.assign(Value::integer(*left < *right ? -1 : *left > *right ? 1 : 0)));
}

}  // namespace carillon::mathops
