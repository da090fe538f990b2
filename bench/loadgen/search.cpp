// SPDX-License-Identifier: Apache-2.0
// Doubling, then bisection on a logarithmic scale.
#include "loadgen/search.h"

#include <cmath>

namespace carillon::bench {

namespace {

constexpr double kPrecision = 1.03;
constexpr double kLowest = 1;  // a rate a second nobody asks about

Bearing offer_twice(double rate, const std::function<Bearing(double)>& offer) {
  const Bearing first = offer(rate);
  return first == Bearing::Borne ? first : offer(rate);
}

}  // namespace

SearchResult find_highest_rate(double first, const std::function<Bearing(double rate)>& offer) {
  double low = 0;
  double high = first;
  Bearing at_high = offer_twice(high, offer);
  while (at_high == Bearing::Borne) {
    low = high;
    high *= 2;
    at_high = offer_twice(high, offer);
  }
  while (low == 0 ? high > kLowest : high / low > kPrecision) {
    const double middle = low == 0 ? high / 2 : std::sqrt(low * high);
    const Bearing bearing = offer_twice(middle, offer);
    if (bearing == Bearing::Borne) {
      low = middle;
    } else {
      high = middle;
      at_high = bearing;
    }
  }
  return {low, at_high == Bearing::Void};
}

}  // namespace carillon::bench
