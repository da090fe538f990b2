// SPDX-License-Identifier: Apache-2.0
#include "modules/statistics/series.h"

#include <gtest/gtest.h>

namespace carillon::statistics {
namespace {

using namespace std::chrono_literals;

std::string why(std::string_view text) {
  const auto profile = SeriesProfile::parse(text);
  return profile ? "no error" : profile.error().message;
}

TEST(SeriesProfile, IsReadWhole) {
  const auto profile =
      SeriesProfile::parse("asr: algorithm=percentage window=600  slots=10 group=g hash_size=8 percentage_factor=1000");
  ASSERT_TRUE(profile.has_value()) << profile.error().message;
  EXPECT_EQ(profile->name, "asr");
  EXPECT_EQ(profile->algorithm, SeriesProfile::Algorithm::Percentage);
  EXPECT_EQ(profile->window, 600);
  EXPECT_EQ(profile->slots, 10);
  EXPECT_EQ(profile->group, "g");
  EXPECT_EQ(profile->percentage_factor, 1000);
  EXPECT_EQ(SeriesProfile::parse("x")->slots, 60);
  EXPECT_EQ(SeriesProfile::parse("x:")->group, "x");
}

TEST(SeriesProfile, TellsItsMistakes) {
  EXPECT_EQ(why(""), "must be of the form \"name: attribute=value ...\"");
  EXPECT_EQ(why("x: algorithm=median"), "algorithm must be accumulate, average or percentage");
  EXPECT_EQ(why("x: window=0"), "window must be a number from 1 to 2592000");
  EXPECT_EQ(why("x: slots=99999"), "slots must be a number from 1 to 10000");
  EXPECT_EQ(why("x: window=10 slots=20"), "there can't be more slots than seconds");
  EXPECT_EQ(why("x: colour=red"), "'colour' means nothing");
}

TEST(Series, ForgetsSlotBySlot) {
  Series sum(*SeriesProfile::parse("x: window=10 slots=5"));
  const base::TimePoint begin(1000s);
  sum.add(1, begin);
  sum.add(2, begin + 2s);
  sum.add(4, begin + 5s);
  EXPECT_EQ(sum.value(begin + 9s), 7);
  EXPECT_EQ(sum.value(begin + 10s), 6);
  EXPECT_EQ(sum.value(begin + 12s), 4);
  EXPECT_EQ(sum.value(begin + 100s), 0);
  sum.add(8, begin + 100s);
  EXPECT_EQ(sum.value(begin + 100s), 8);
  EXPECT_EQ(sum.value(begin), 8);
}

TEST(Series, HasMeansAndShares) {
  Series mean(*SeriesProfile::parse("x: algorithm=average"));
  Series share(*SeriesProfile::parse("x: algorithm=percentage"));
  const base::TimePoint now(1000s);
  EXPECT_EQ(mean.value(now), 0);
  EXPECT_EQ(share.value(now), 0);
  for (const int value : {10, -3, 2}) {
    mean.add(value, now);
    share.add(value, now);
  }
  EXPECT_EQ(mean.value(now), 3);
  EXPECT_EQ(share.value(now), 80);
}

}  // namespace
}  // namespace carillon::statistics
