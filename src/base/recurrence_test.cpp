// SPDX-License-Identifier: Apache-2.0
#include "base/recurrence.h"

#include <gtest/gtest.h>

#include "base/strings.h"

namespace carillon::base {
namespace {

// "20210104T080000" in UTC.
std::int64_t at(std::string_view time) {
  const auto number = [time](std::size_t begin, std::size_t size) {
    return parse_number<int>(time.substr(begin, size)).value();
  };
  const std::chrono::year_month_day date{std::chrono::year(number(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number(4, 2))),
                                         std::chrono::day(static_cast<unsigned>(number(6, 2)))};
  return TimeZone::utc().unix_seconds(
      {.day = std::chrono::local_days(date),
       .time = std::chrono::seconds(number(9, 2) * 3600 + number(11, 2) * 60 + number(13, 2))});
}

class RecurrenceTest : public ::testing::Test {
 protected:
  // In UTC unless the rule names a zone.
  bool contains(std::string_view rule, std::string_view time) {
    const auto parsed = Recurrence::parse(rule);
    if (!parsed) {
      ADD_FAILURE() << rule << ": " << parsed.error().message;
      return false;
    }
    const auto loaded = parsed->load_zones(zones_);
    EXPECT_TRUE(loaded.has_value()) << loaded.error().message;
    return parsed->contains(at(time), zones_).value();
  }
  static std::string why(std::string_view rule) {
    const auto parsed = Recurrence::parse(rule);
    return parsed ? "no error" : parsed.error().message;
  }

  TimeZones zones_;
};

TEST_F(RecurrenceTest, AnIntervalWithoutRecurrence) {
  constexpr std::string_view kYear = "UTC|20120101T000000|20130101T000000";
  EXPECT_FALSE(contains(kYear, "20111231T235959"));
  EXPECT_TRUE(contains(kYear, "20120101T000000"));
  EXPECT_TRUE(contains(kYear, "20121231T235959"));
  EXPECT_FALSE(contains(kYear, "20130101T000000"));
  EXPECT_TRUE(contains("UTC|20121101T000000||p30d", "20121130T235959"));
  EXPECT_FALSE(contains("UTC|20121101T000000||p30d", "20121201T000000"));
  EXPECT_TRUE(contains("UTC|20121101T000000", "20991201T000000"));
  EXPECT_TRUE(contains("UTC||20121101T000000", "19700101T000000"));
  EXPECT_FALSE(contains("20121101T000000Z", "20121031T235959"));
}

TEST_F(RecurrenceTest, WorkingDays) {
  for (const std::string_view rule :
       {"UTC|20210104T080000|20210104T180000||WEEKLY|||MO,TU,WE,TH,FR",
        "UTC|20210104T080000||PT10H|WEEKLY|||MO,TU,WE,TH,FR", "UTC|20210104T080000||10H|WEEKLY|||MO,TU,WE,TH,FR",
        "UTC|20210104T080000|20211231T180000||WEEKLY|||MO,TU,WE,TH,FR"}) {
    EXPECT_TRUE(contains(rule, "20210105T080000")) << rule;
    EXPECT_TRUE(contains(rule, "20210108T175959")) << rule;
    EXPECT_FALSE(contains(rule, "20210105T075959")) << rule;
    EXPECT_FALSE(contains(rule, "20210105T180000")) << rule;
    EXPECT_FALSE(contains(rule, "20210109T120000")) << rule;
    EXPECT_FALSE(contains(rule, "20210101T120000")) << rule;
  }
  EXPECT_FALSE(contains("UTC|20210104T080000|20211231T180000||WEEKLY|||MO,TU,WE,TH,FR", "20220103T120000"));
}

TEST_F(RecurrenceTest, AcrossMidnight) {
  constexpr std::string_view kNights = "UTC|20200610T230000|20200611T070000||DAILY";
  EXPECT_TRUE(contains(kNights, "20200610T230000"));
  EXPECT_TRUE(contains(kNights, "20200701T065959"));
  EXPECT_FALSE(contains(kNights, "20200701T070000"));
  EXPECT_FALSE(contains(kNights, "20200610T060000"));
  EXPECT_TRUE(contains("UTC|20200610T230000|20200610T070000||DAILY", "20200701T030000"));
  constexpr std::string_view kWeekends = "UTC|20200612T180000|20200615T080000||WEEKLY|||FR";
  EXPECT_TRUE(contains(kWeekends, "20200621T120000"));
  EXPECT_TRUE(contains(kWeekends, "20200622T075959"));
  EXPECT_FALSE(contains(kWeekends, "20200622T080000"));
  EXPECT_FALSE(contains(kWeekends, "20200619T175959"));
}

TEST_F(RecurrenceTest, IntervalsAndUntil) {
  constexpr std::string_view kOther = "UTC|20210104T080000||1H|WEEKLY|20210201|2|MO";
  EXPECT_TRUE(contains(kOther, "20210104T083000"));
  EXPECT_FALSE(contains(kOther, "20210111T083000"));
  EXPECT_TRUE(contains(kOther, "20210118T083000"));
  EXPECT_TRUE(contains(kOther, "20210201T083000"));
  EXPECT_FALSE(contains(kOther, "20210215T083000"));
  EXPECT_TRUE(contains("UTC|20210101T000000||1H|DAILY||3", "20210104T003000"));
  EXPECT_FALSE(contains("UTC|20210101T000000||1H|DAILY||3", "20210105T003000"));
  EXPECT_TRUE(contains("UTC|20210131T000000||1H|MONTHLY||2", "20210331T003000"));
  EXPECT_FALSE(contains("UTC|20210131T000000||1H|MONTHLY||2", "20210430T003000"));
  EXPECT_TRUE(contains("UTC|20200229T000000||1H|YEARLY||4", "20240229T003000"));
  EXPECT_FALSE(contains("UTC|20200229T000000||1H|YEARLY", "20210228T003000"));
}

TEST_F(RecurrenceTest, PartsOfMonthsAndYears) {
  EXPECT_TRUE(contains("UTC|20210101T000000||1D|MONTHLY|||2TU", "20210209T120000"));
  EXPECT_FALSE(contains("UTC|20210101T000000||1D|MONTHLY|||2TU", "20210202T120000"));
  EXPECT_TRUE(contains("UTC|20210101T000000||1D|MONTHLY|||-1FR", "20210226T120000"));
  EXPECT_FALSE(contains("UTC|20210101T000000||1D|MONTHLY|||-1FR", "20210219T120000"));
  EXPECT_TRUE(contains("UTC|20210101T000000||1D|MONTHLY||||-1", "20210228T120000"));
  EXPECT_TRUE(contains("UTC|20210101T000000||1D|MONTHLY||||13", "20210813T120000"));
  EXPECT_TRUE(contains("UTC|20210101T000000||1D|MONTHLY|||FR|13", "20210813T120000"));
  EXPECT_FALSE(contains("UTC|20210101T000000||1D|MONTHLY|||FR|13", "20210913T120000"));
  EXPECT_TRUE(contains("UTC|20210101T000000||1D|YEARLY|||||-1", "20211231T120000"));
  EXPECT_TRUE(contains("UTC|20210101T000000||1D|YEARLY|||||100", "20210410T120000"));
  EXPECT_TRUE(contains("UTC|20210104T000000||1D|YEARLY||||||53", "20261228T120000"));
  EXPECT_FALSE(contains("UTC|20210104T000000||1D|YEARLY||||||53", "20251229T120000"));
  EXPECT_TRUE(contains("UTC|20210104T000000||1D|YEARLY||||||-1", "20251222T120000"));
  EXPECT_TRUE(contains("UTC|20210115T000000||1D|YEARLY|||||||3,6", "20220315T120000"));
  EXPECT_FALSE(contains("UTC|20210115T000000||1D|YEARLY|||||||3,6", "20220415T120000"));
  EXPECT_TRUE(contains("UTC|20210101T000000||1D|YEARLY|||4TH||||11", "20211125T120000"));
  EXPECT_TRUE(contains("UTC|20210101T000000||1D|YEARLY|||-1SU", "20211226T120000"));
}

TEST_F(RecurrenceTest, Operators) {
  constexpr std::string_view kLunch =
      "UTC|20210104T080000|20210104T180000||WEEKLY|||MO,TU,WE,TH,FR & "
      "!UTC|20210104T120000|20210104T140000||WEEKLY|||MO,TU,WE,TH,FR";
  EXPECT_TRUE(contains(kLunch, "20210105T110000"));
  EXPECT_FALSE(contains(kLunch, "20210105T130000"));
  constexpr std::string_view kHolidays =
      "America/New_York|20210104T090000|20210104T170000||WEEKLY|||MO,TU,WE,TH,FR"
      " & !(Europe/Amsterdam|20210427T000000|20210428T000000 / Europe/London|20211227T000000|20211228T000000)";
  EXPECT_TRUE(contains(kHolidays, "20210105T140000"));
  EXPECT_FALSE(contains(kHolidays, "20210105T135959"));
  EXPECT_FALSE(contains(kHolidays, "20210427T140000"));
  EXPECT_FALSE(contains(kHolidays, "20211227T150000"));
  EXPECT_TRUE(contains(kHolidays, "20211228T150000"));
}

TEST_F(RecurrenceTest, TheClockOnTheWallCounts) {
  constexpr std::string_view kMorning = "Europe/Bucharest|20210104T080000||1H|DAILY";
  EXPECT_TRUE(contains(kMorning, "20210110T063000"));
  EXPECT_FALSE(contains(kMorning, "20210110T053000"));
  EXPECT_TRUE(contains(kMorning, "20210710T053000"));
  EXPECT_FALSE(contains(kMorning, "20210710T063000"));
  // 03:00 to 04:00 is skipped on 2021-03-28.
  EXPECT_TRUE(contains("Europe/Bucharest|20210301T023000||2H|DAILY", "20210328T005900"));
  EXPECT_FALSE(contains("Europe/Bucharest|20210301T023000||2H|DAILY", "20210328T013000"));
}

TEST_F(RecurrenceTest, MistakesAreNamed) {
  EXPECT_EQ(why(""), "a recurrence is missing");
  EXPECT_EQ(why("  "), "a recurrence is missing");
  EXPECT_EQ(why("Nonsense"), "'Nonsense' is neither a time nor a time zone");
  EXPECT_EQ(why("../../etc/passwd|20210101"), "'..' is no dtstart");
  EXPECT_EQ(why("a/../b|20210101"), "'a/../b' is neither a time nor a time zone");
  EXPECT_EQ(why("20210229T000000"), "'20210229T000000' is no dtstart");
  EXPECT_EQ(why("20210101T240000"), "'20210101T240000' is no dtstart");
  EXPECT_EQ(why("20210101T000000||P"), "'P' is no duration");
  EXPECT_EQ(why("20210101T000000||P9999999D"), "'P9999999D' is no duration");
  EXPECT_EQ(why("20210101T000000||-P1D"), "'-P1D' is no duration");
  EXPECT_EQ(why("20210101T000000|20200101T000000"), "it ends before it begins");
  EXPECT_EQ(why("20210101T000000|||HOURLY"), "'HOURLY' is no freq");
  EXPECT_EQ(why("20210101T000000|||DAILY||0"), "'0' is no interval");
  EXPECT_EQ(why("20210101T000000|||DAILY|||XX"), "'XX' is no byday");
  EXPECT_EQ(why("20210101T000000|||DAILY|||0MO"), "'0MO' is no byday");
  EXPECT_EQ(why("20210101T000000|||DAILY||||32"), "'32' is no bymonthday");
  EXPECT_EQ(why("20210101T000000|||DAILY|||||||13"), "'13' is no bymonth");
  EXPECT_EQ(why("20210101T000000|||DAILY||||||||1"), "there is no field for '1'");
  EXPECT_EQ(why("(20210101T000000"), "a '(' is never closed");
  EXPECT_EQ(why("20210101T000000)"), "')' is not expected here");
  EXPECT_EQ(why("20210101T000000 &"), "a recurrence is missing");
  EXPECT_EQ(why(std::string(40, '(')), "more than 16 parentheses or '!' in one another");
  EXPECT_EQ(why(std::string(5000, '!')), "a recurrence has at most 4096 characters");
  std::string many = "20210101";
  for (int i = 0; i < 100; ++i) many += "&20210101";
  EXPECT_EQ(why(many), "more than 64 recurrences");
}

TEST_F(RecurrenceTest, AZoneThatIsNotThere) {
  const auto parsed = Recurrence::parse("Europe/Nowhere|20210101T000000");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_FALSE(parsed->has_zones(zones_));
  EXPECT_FALSE(parsed->contains(0, zones_).has_value());
  const auto loaded = parsed->load_zones(zones_);
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().message, "there is no time zone 'Europe/Nowhere'");
}

}  // namespace
}  // namespace carillon::base
