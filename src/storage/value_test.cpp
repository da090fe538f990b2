// SPDX-License-Identifier: Apache-2.0
// DATETIME text.
#include "storage/value.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include <cstdlib>
#include <optional>
#include <string>

namespace carillon::storage {
namespace {

// The time zone of the machine while a test runs.
class TimeZone {
 public:
  explicit TimeZone(const char* name) {
    if (const char* const before = std::getenv("TZ")) before_ = before;
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  ~TimeZone() {
    if (before_) {
      ::setenv("TZ", before_->c_str(), 1);
    } else {
      ::unsetenv("TZ");
    }
    ::tzset();
  }
  TimeZone(const TimeZone&) = delete;
  TimeZone& operator=(const TimeZone&) = delete;

 private:
  std::optional<std::string> before_;
};

TEST(DateTime, IsLocalTimeAsOpenSipsWritesIt) {
  const TimeZone zone("CET-1CEST,M3.5.0,M10.5.0/3");
  EXPECT_EQ(format_date_time({0}), "1970-01-01 01:00:00");
  EXPECT_EQ(format_date_time({1'718'452'800}), "2024-06-15 14:00:00");
  EXPECT_EQ(parse_date_time("2024-06-15 14:00:00"), 1'718'452'800);
  EXPECT_EQ(parse_date_time("2024-01-15 14:00:00"), 1'705'323'600);
}

TEST(DateTime, WritesAndReads) {
  const TimeZone zone("UTC");
  EXPECT_EQ(format_date_time({0}), "1970-01-01 00:00:00");
  EXPECT_EQ(format_date_time({1'709'251'199}), "2024-02-29 23:59:59");
  EXPECT_EQ(parse_date_time("2024-02-29 23:59:59"), 1'709'251'199);
  EXPECT_EQ(parse_date_time("2024-02-29T23:59:59.123456"), 1'709'251'199);
  EXPECT_EQ(parse_date_time("1969-12-31 23:59:59"), -1) << "a date like any other";
  for (std::int64_t moment = 1; moment < 4'000'000'000; moment += 9'999'991) {
    ASSERT_EQ(parse_date_time(format_date_time({moment})), moment);
  }
}

TEST(DateTime, RefusesWhatIsNoDate) {
  for (const std::string_view text :
       {"", "now", "2024-02-30 00:00:00", "2023-02-29 00:00:00", "2024-13-01 00:00:00", "2024-01-01 24:00:00",
        "2024-01-01 00:60:00", "2024-01-01 00:00:0x", "2024-01-01", "2024-01-01 00:00:00Z", "-024-01-01 00:00:00"}) {
    EXPECT_FALSE(parse_date_time(text)) << text;
  }
}

}  // namespace
}  // namespace carillon::storage
