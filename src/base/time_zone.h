// SPDX-License-Identifier: Apache-2.0
// Time zones by their names in the tz database ("Europe/Bucharest"), beside that of the machine.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace carillon::base {

// What calendar and clock on the wall show.
struct CivilTime {
  std::chrono::local_days day;
  std::chrono::seconds time;  // since midnight as the clock shows it: always below a day

  friend auto operator<=>(const CivilTime&, const CivilTime&) = default;
};

// Cheap to copy; any thread.
class TimeZone {
 public:
  [[nodiscard]] static TimeZone utc();
  // Of the machine: the environment's TZ, /etc/localtime. Reads files when it is asked for the first time.
  [[nodiscard]] static TimeZone local();

  [[nodiscard]] CivilTime civil(std::int64_t unix_seconds) const;
  // A time that a change to summer time skips is the moment of that change; of one that comes twice the first.
  [[nodiscard]] std::int64_t unix_seconds(const CivilTime& time) const;

 private:
  friend class TimeZones;
  struct Rules;
  explicit TimeZone(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}

  std::shared_ptr<const Rules> rules_;  // shared by all copies
};

// Those that are in memory. Any thread.
class TimeZones {
 public:
  // Nothing when it wasn't read yet. The empty name is the machine's zone, which always is.
  [[nodiscard]] std::optional<TimeZone> find(std::string_view name) const;
  // Reads it from the tz database: blocks. An error when there is none of that name.
  [[nodiscard]] Result<TimeZone> load(std::string_view name);
  // Whether it could be a name at all: letters, digits and "+-_/", no part of it empty or a dot.
  [[nodiscard]] static bool is_name(std::string_view name);

 private:
  static constexpr std::size_t kMaxZones = 1000;  // the tz database has 600

  mutable std::mutex mutex_;
  TimeZone local_ = TimeZone::local();
  std::map<std::string, TimeZone, std::less<>> zones_;
};

}  // namespace carillon::base
