// SPDX-License-Identifier: Apache-2.0
// Time recurrences as scripts and tables of OpenSIPS write them: the fields of RFC 2445 section 4.3.10 between bars,
// joined by & / ! and parentheses.
//
//   [zone|]dtstart|dtend|duration|freq|until|interval|byday|bymonthday|byyearday|byweekno|bymonth
//   20210104T080000|20210104T180000||WEEKLY|||MO,TU,WE,TH,FR & !(Europe/London|20211227T000000|20211228T000000)
#pragma once

#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time_zone.h"

namespace carillon::base {

// Read once, immutable; any thread.
class Recurrence {
 public:
  // Empty fields at the end may be missing. What stands behind freq means nothing without it.
  [[nodiscard]] static Result<Recurrence> parse(std::string_view text);

  // Whether the time lies in one of the intervals. An error when a zone of it isn't in memory; load_zones() helps.
  [[nodiscard]] Result<bool> contains(std::int64_t unix_seconds, const TimeZones& zones) const;
  // Whether contains() finds all zones in memory.
  [[nodiscard]] bool has_zones(const TimeZones& zones) const;
  // Reads those that aren't: blocks.
  [[nodiscard]] Result<> load_zones(TimeZones& zones) const;

 private:
  enum class Frequency : std::uint8_t { Once, Daily, Weekly, Monthly, Yearly };

  struct Moment {
    CivilTime time;
    bool utc = false;
    bool has_time = true;
  };
  // MO, 2TU, -1FR: 0 means each of them.
  struct Weekday {
    int ordinal = 0;
    std::chrono::weekday day;
  };
  // Numbers from 1, or from -1 backwards; none: any will do.
  template <std::size_t Most>
  struct Numbers {
    std::bitset<Most + 1> from_begin;
    std::bitset<Most + 1> from_end;
    [[nodiscard]] bool any() const { return from_begin.any() || from_end.any(); }
    // `number` of `count`, counted from 1.
    [[nodiscard]] bool contains(unsigned number, unsigned count) const {
      return from_begin[number] || from_end[count - number + 1];
    }
  };
  // One of the texts between the operators.
  struct Rule {
    std::string zone_name;
    std::optional<Moment> start;
    std::optional<Moment> end;
    std::optional<std::chrono::seconds> duration;
    Frequency frequency = Frequency::Once;
    std::optional<Moment> until;
    int interval = 1;
    std::vector<Weekday> weekdays;
    Numbers<31> month_days;
    Numbers<366> year_days;
    Numbers<53> weeks;
    Numbers<12> months;

    // Of each occurrence, once all fields are known; nothing: without end.
    std::optional<std::chrono::seconds> length;

    [[nodiscard]] bool contains(std::int64_t now, const TimeZone& zone) const;
    [[nodiscard]] bool contains_once(std::int64_t now, const TimeZone& zone) const;
    [[nodiscard]] bool begins_on(std::chrono::local_days day) const;
    [[nodiscard]] bool is_in_interval(std::chrono::local_days day) const;
    [[nodiscard]] bool is_weekday(std::chrono::local_days day) const;
    [[nodiscard]] bool is_default_day(std::chrono::local_days day) const;
    [[nodiscard]] Result<> settle();
    [[nodiscard]] std::chrono::local_days first_day() const;
    [[nodiscard]] std::chrono::seconds time_of_day() const;
  };
  // In the order in which a stack evaluates them.
  struct Step {
    enum class Kind : std::uint8_t { Rule, Not, And, Or };
    Kind kind = Kind::Rule;
    std::size_t rule = 0;
  };
  class Parser;

  std::vector<Rule> rules_;
  std::vector<Step> steps_;
};

}  // namespace carillon::base
