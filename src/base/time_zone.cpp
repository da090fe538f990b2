// SPDX-License-Identifier: Apache-2.0
// See time_zone.h. Abseil reads the files of the tz database.
#include "base/time_zone.h"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdlib>

#include "base/strings.h"

namespace carillon::base {
namespace {

constexpr absl::CivilDay kEpoch(1970, 1, 1);

// Abseil keeps every name it is asked for, also those that don't exist: it is asked for none of these.
bool exists(const std::string& name) {
  const char* folder = std::getenv("TZDIR");  // NOLINT(concurrency-mt-unsafe): nobody changes the environment
  const std::string path = fmt::format("{}/{}", folder != nullptr ? folder : "/usr/share/zoneinfo", name);
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

struct TimeZone::Rules {
  absl::TimeZone zone;
};

TimeZone TimeZone::utc() { return TimeZone(std::make_shared<const Rules>(Rules{absl::UTCTimeZone()})); }

TimeZone TimeZone::local() { return TimeZone(std::make_shared<const Rules>(Rules{absl::LocalTimeZone()})); }

CivilTime TimeZone::civil(std::int64_t unix_seconds) const {
  const absl::CivilSecond shown = rules_->zone.At(absl::FromUnixSeconds(unix_seconds)).cs;
  return {.day = std::chrono::local_days(std::chrono::days(absl::CivilDay(shown) - kEpoch)),
          .time = std::chrono::hours(shown.hour()) + std::chrono::minutes(shown.minute()) +
                  std::chrono::seconds(shown.second())};
}

std::int64_t TimeZone::unix_seconds(const CivilTime& time) const {
  const absl::CivilSecond shown = absl::CivilSecond(kEpoch + time.day.time_since_epoch().count()) + time.time.count();
  return absl::ToUnixSeconds(absl::FromCivil(shown, rules_->zone));
}

bool TimeZones::is_name(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  if (name.empty() || name.size() > kLongest || !is_alpha(name.front())) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool part = is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '_';
    if (!part && (c != '/' || i + 1 == name.size() || name[i + 1] == '/')) return false;
  }
  return true;
}

std::optional<TimeZone> TimeZones::find(std::string_view name) const {
  if (name.empty()) return local_;
  const std::scoped_lock lock(mutex_);
  const auto found = zones_.find(name);
  return found == zones_.end() ? std::nullopt : std::optional(found->second);
}

Result<TimeZone> TimeZones::load(std::string_view name) {
  if (auto found = find(name)) return *found;
  const std::string owned(name);
  absl::TimeZone zone;
  if (!is_name(name) || !exists(owned) || !absl::LoadTimeZone(owned, &zone)) {
    return fail(fmt::format("there is no time zone '{}'", name));
  }
  TimeZone made(std::make_shared<const TimeZone::Rules>(TimeZone::Rules{zone}));
  const std::scoped_lock lock(mutex_);
  if (zones_.size() < kMaxZones) zones_.try_emplace(owned, made);
  return made;
}

}  // namespace carillon::base
