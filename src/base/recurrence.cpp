// SPDX-License-Identifier: Apache-2.0
// Whether a time lies in a recurrence. See recurrence.h.
#include "base/recurrence.h"

#include <fmt/format.h>

#include <algorithm>

namespace carillon::base {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::months;
using std::chrono::seconds;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr seconds kDay = days(1);

local_days first_of_year(year of) { return local_days(of / std::chrono::January / 1); }

unsigned days_in(const year_month_day& of) {
  return static_cast<unsigned>(year_month_day(local_days(of.year() / of.month() / std::chrono::last)).day());
}

// Weeks begin on Monday (the default of RFC 2445's WKST); 1970-01-01 was a Thursday.
constexpr std::int64_t week_of(local_days day) {
  constexpr std::int64_t kDaysSinceMonday = 3;
  const std::int64_t shifted = day.time_since_epoch().count() + kDaysSinceMonday;
  return shifted >= 0 ? shifted / 7 : (shifted - 6) / 7;
}

// ISO 8601: the week belongs to the year that has its Thursday.
struct YearWeek {
  year in;
  unsigned week;
  unsigned weeks;
};

YearWeek year_week(local_days day) {
  const auto thursday_of = [](local_days any) {
    return local_days(days(week_of(any) * 7));  // a multiple of 7 days after a Thursday
  };
  const local_days thursday = thursday_of(day);
  const year in = year_month_day(thursday).year();
  const auto number = static_cast<unsigned>((thursday - first_of_year(in)).count() / 7 + 1);
  const local_days last = thursday_of(local_days(in / std::chrono::December / 28));
  return {.in = in, .week = number, .weeks = static_cast<unsigned>((last - first_of_year(in)).count() / 7 + 1)};
}

// In [1, count]: counted from either side as `ordinal` says.
bool is_ordinal(int ordinal, unsigned number, unsigned count) {
  const auto nth = static_cast<int>((number - 1) / 7 + 1);
  const auto nth_from_end = static_cast<int>((count - number) / 7 + 1);
  return ordinal == 0 || ordinal == nth || -ordinal == nth_from_end;
}

}  // namespace

Result<bool> Recurrence::contains(std::int64_t unix_seconds, const TimeZones& zones) const {
  std::vector<bool> values;
  for (const Step& step : steps_) {
    if (step.kind == Step::Kind::Rule) {
      const Rule& rule = rules_[step.rule];
      const auto zone = zones.find(rule.zone_name);
      if (!zone) return fail(fmt::format("the time zone {} isn't in memory", rule.zone_name));
      values.push_back(rule.contains(unix_seconds, *zone));
    } else if (step.kind == Step::Kind::Not) {
      values.back() = !values.back();
    } else {
      const bool right = values.back();
      values.pop_back();
      values.back() = step.kind == Step::Kind::And ? values.back() && right : values.back() || right;
    }
  }
  return values.back();
}

bool Recurrence::has_zones(const TimeZones& zones) const {
  return std::ranges::all_of(rules_, [&zones](const Rule& rule) { return zones.find(rule.zone_name).has_value(); });
}

Result<> Recurrence::load_zones(TimeZones& zones) const {
  for (const Rule& rule : rules_) {
    if (rule.zone_name.empty()) continue;
    if (auto loaded = zones.load(rule.zone_name); !loaded) return std::unexpected(std::move(loaded.error()));
  }
  return {};
}

local_days Recurrence::Rule::first_day() const { return start ? start->time.day : local_days(); }

seconds Recurrence::Rule::time_of_day() const { return start ? start->time.time : seconds::zero(); }

bool Recurrence::Rule::contains(std::int64_t now, const TimeZone& own_zone) const {
  const TimeZone zone = start && start->utc ? TimeZone::utc() : own_zone;
  if (frequency == Frequency::Once) return contains_once(now, zone);
  // A date alone means the whole day.
  const auto end_of = [](const Moment& moment) {
    return moment.has_time ? moment.time : CivilTime{.day = moment.time.day, .time = kDay - seconds(1)};
  };
  const auto reach = std::chrono::ceil<days>(*length);
  const local_days today = zone.civil(now).day;
  // Summer time can put an interval a day further than its length says.
  for (local_days day = today; day >= today - reach - days(1); day -= days(1)) {
    if (day < first_day()) return false;
    if (!begins_on(day)) continue;
    const std::int64_t begins = zone.unix_seconds({.day = day, .time = time_of_day()});
    if (begins > now) continue;
    const seconds until_end = time_of_day() + *length;
    const days whole = std::chrono::floor<days>(until_end);
    if (zone.unix_seconds({.day = day + whole, .time = until_end - whole}) <= now) continue;
    if (!until) return true;
    const TimeZone until_zone = until->utc ? TimeZone::utc() : zone;
    return begins <= until_zone.unix_seconds(end_of(*until));
  }
  return false;
}

bool Recurrence::Rule::contains_once(std::int64_t now, const TimeZone& zone) const {
  const auto at = [&zone](const Moment& moment) {
    return (moment.utc ? TimeZone::utc() : zone).unix_seconds(moment.time);
  };
  const std::int64_t begins = start ? at(*start) : 0;
  if (start && now < begins) return false;
  if (duration) return now < begins + duration->count();
  return !end || now < at(*end);
}

// What the fields mean together.
Result<> Recurrence::Rule::settle() {
  if (frequency == Frequency::Once) {
    if (start && end && start->utc == end->utc && end->time <= start->time) return fail("it ends before it begins");
    return {};
  }
  const auto period = frequency == Frequency::Daily     ? days(1)
                      : frequency == Frequency::Weekly  ? days(7)
                      : frequency == Frequency::Monthly ? days(31)
                                                        : days(366);
  if (duration) {
    // What lasts longer than the pause until the next time has no end.
    length = std::min<seconds>(*duration, days(366));
  } else if (!end) {
    length = kDay - time_of_day();
  } else {
    const seconds apart = end->time.day - first_day() + (end->time.time - time_of_day());
    length = apart;
    if (apart <= seconds::zero() || apart > period) {
      // dtend says two things: at which time of the day each occurrence ends, and on which day the last of them.
      length = (end->time.time - time_of_day() + kDay) % kDay;
      if (*length == seconds::zero()) length = kDay;
      if (apart > period && (!until || end->time < until->time)) until = end;
    }
  }
  return {};
}

bool Recurrence::Rule::begins_on(local_days day) const {
  const year_month_day date(day);
  const auto of_year = static_cast<unsigned>((day - first_of_year(date.year())).count() + 1);
  if (!is_in_interval(day)) return false;
  if (months.any() && !months.contains(static_cast<unsigned>(date.month()), 12)) return false;
  if (month_days.any() && !month_days.contains(static_cast<unsigned>(date.day()), days_in(date))) return false;
  if (year_days.any() && !year_days.contains(of_year, date.year().is_leap() ? 366 : 365)) return false;
  if (weeks.any()) {
    const YearWeek week = year_week(day);
    if (!weeks.contains(week.week, week.weeks)) return false;
  }
  return weekdays.empty() ? is_default_day(day) : is_weekday(day);
}

bool Recurrence::Rule::is_in_interval(local_days day) const {
  if (interval == 1) return true;
  const year_month_day date(day);
  const year_month_day first(first_day());
  switch (frequency) {
    case Frequency::Daily:
      return (day - first_day()).count() % interval == 0;
    case Frequency::Weekly:
      return (week_of(day) - week_of(first_day())) % interval == 0;
    case Frequency::Monthly:
      return (date.year() / date.month() - first.year() / first.month()).count() % interval == 0;
    default:
      return (weeks.any() ? year_week(day).in - year_week(first_day()).in : date.year() - first.year()).count() %
                 interval ==
             0;
  }
}

bool Recurrence::Rule::is_weekday(local_days day) const {
  const year_month_day date(day);
  const std::chrono::weekday weekday(day);
  // The second Tuesday is one of a year where nothing says in which months.
  const bool of_year = frequency == Frequency::Yearly && !months.any() && !month_days.any();
  const auto number = of_year ? static_cast<unsigned>((day - first_of_year(date.year())).count() + 1)
                              : static_cast<unsigned>(date.day());
  const unsigned count = of_year ? (date.year().is_leap() ? 366 : 365) : days_in(date);
  return std::ranges::any_of(weekdays, [&](const Weekday& wanted) {
    return wanted.day == weekday && is_ordinal(wanted.ordinal, number, count);
  });
}

// Without byday: what isn't said is as in dtstart.
bool Recurrence::Rule::is_default_day(local_days day) const {
  if (month_days.any() || year_days.any()) return true;
  const year_month_day date(day);
  const year_month_day first(first_day());
  const bool same_weekday = std::chrono::weekday(day) == std::chrono::weekday(first_day());
  switch (frequency) {
    case Frequency::Weekly:
      return same_weekday;
    case Frequency::Monthly:
      return weeks.any() ? same_weekday : date.day() == first.day();
    case Frequency::Yearly:
      if (weeks.any()) return same_weekday;
      return date.day() == first.day() && (months.any() || date.month() == first.month());
    default:
      return true;
  }
}

}  // namespace carillon::base
