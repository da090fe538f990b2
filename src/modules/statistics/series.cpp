// SPDX-License-Identifier: Apache-2.0
// See series.h.
#include "modules/statistics/series.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace carillon::statistics {
namespace {

constexpr std::int64_t kLongestWindow = 30 * 86'400;
constexpr std::int64_t kMostSlots = 10'000;

// Sums of a month of values near 2^31 come nowhere near their end; a script that tries gets a wrong sum, not more.
std::int64_t plus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
std::int64_t minus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

base::Result<> set_number(std::int64_t& into, std::string_view name, std::string_view value, std::int64_t most) {
  const auto number = base::parse_number<std::int64_t>(value);
  if (!number || *number < 1 || *number > most) {
    return base::fail(fmt::format("{} must be a number from 1 to {}", name, most));
  }
  into = *number;
  return {};
}

base::Result<> set(SeriesProfile& profile, std::string_view name, std::string_view value) {
  using Algorithm = SeriesProfile::Algorithm;
  constexpr std::int64_t kLargestFactor = 1'000'000;
  std::int64_t ignored = 0;
  if (name == "algorithm") {
    if (value == "accumulate") {
      profile.algorithm = Algorithm::Accumulate;
    } else if (value == "average") {
      profile.algorithm = Algorithm::Average;
    } else if (value == "percentage") {
      profile.algorithm = Algorithm::Percentage;
    } else {
      return base::fail("algorithm must be accumulate, average or percentage");
    }
    return {};
  }
  if (name == "group") {
    profile.group = value;
    return {};
  }
  if (name == "window") return set_number(profile.window, name, value, kLongestWindow);
  if (name == "slots") return set_number(profile.slots, name, value, kMostSlots);
  if (name == "percentage_factor") return set_number(profile.percentage_factor, name, value, kLargestFactor);
  if (name == "hash_size") return set_number(ignored, name, value, INT32_MAX);  // tables grow by themselves
  return base::fail(fmt::format("'{}' means nothing", name));
}

}  // namespace

base::Result<SeriesProfile> SeriesProfile::parse(std::string_view text) {
  SeriesProfile profile;
  profile.name = base::trim(base::take_until(text, ':'));
  if (profile.name.empty()) return base::fail("must be of the form \"name: attribute=value ...\"");
  profile.group = profile.name;
  for (text = base::trim(text); !text.empty(); text = base::trim(text)) {
    const std::size_t size = std::min(text.find_first_of(" \t\r\n;,"), text.size());
    std::string_view item = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
    if (item.empty()) continue;
    const std::string_view name = base::trim(base::take_until(item, '='));
    if (auto done = set(profile, name, base::trim(item)); !done) return std::unexpected(std::move(done.error()));
  }
  if (profile.slots == 0) profile.slots = std::min(profile.window, kMostSlots);
  if (profile.slots > profile.window) return base::fail("there can't be more slots than seconds");
  return profile;
}

void Series::Sums::add(const Sums& other) {
  sum = plus(sum, other.sum);
  positive = plus(positive, other.positive);
  count = plus(count, other.count);
}

void Series::Sums::subtract(const Sums& other) {
  sum = minus(sum, other.sum);
  positive = minus(positive, other.positive);
  count = minus(count, other.count);
}

Series::Series(const SeriesProfile& profile)
    : algorithm_(profile.algorithm),
      factor_(profile.percentage_factor),
      slot_length_(base::Duration(std::chrono::seconds(profile.window)) / profile.slots),
      slots_(static_cast<std::size_t>(profile.slots)) {}

void Series::advance(base::TimePoint now) const {
  const std::int64_t present = now.time_since_epoch() / slot_length_;
  const std::int64_t passed = std::min(present - newest_, static_cast<std::int64_t>(slots_.size()));
  for (std::int64_t i = 0; i < passed; ++i) {
    Sums& oldest = slots_[static_cast<std::size_t>(present - i) % slots_.size()];
    all_.subtract(oldest);
    oldest = {};
  }
  newest_ = std::max(newest_, present);
}

void Series::add(std::int64_t value, base::TimePoint now) {
  Sums added{.sum = value, .positive = 0, .count = 1};
  if (algorithm_ == SeriesProfile::Algorithm::Percentage) {
    added.count = value < 0 ? -value : value;
    added.positive = std::max<std::int64_t>(value, 0);
  }
  const std::scoped_lock lock(mutex_);
  advance(now);
  slots_[static_cast<std::size_t>(newest_) % slots_.size()].add(added);
  all_.add(added);
}

std::int64_t Series::value(base::TimePoint now) const {
  const std::scoped_lock lock(mutex_);
  advance(now);
  if (algorithm_ == SeriesProfile::Algorithm::Accumulate) return all_.sum;
  if (all_.count <= 0) return 0;
  if (algorithm_ == SeriesProfile::Algorithm::Average) return all_.sum / all_.count;
  // Both are far below 2^53 and then the quotient is exact enough for a percentage.
  return static_cast<std::int64_t>(static_cast<long double>(all_.positive) * static_cast<long double>(factor_) /
                                   static_cast<long double>(all_.count));
}

}  // namespace carillon::statistics
