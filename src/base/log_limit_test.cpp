// SPDX-License-Identifier: Apache-2.0
#include "base/log_limit.h"

#include <gtest/gtest.h>

namespace carillon::log {
namespace {

using namespace std::chrono_literals;

TEST(LogLimit, LetsSoManyThroughASecondAndCountsTheRest) {
  Limit limit(3);
  const base::TimePoint now{100s};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.allow(now));
  EXPECT_FALSE(limit.has_left_out());
  EXPECT_EQ(limit.take_left_out(now), 0U);
  for (int i = 0; i < 7; ++i) EXPECT_FALSE(limit.allow(now + 999ms));
  EXPECT_TRUE(limit.has_left_out());
  EXPECT_TRUE(limit.allow(now + 1s));
  EXPECT_EQ(limit.take_left_out(now + 1s), 7U);
  EXPECT_EQ(limit.take_left_out(now + 1s), 0U);
}

TEST(LogLimit, TellsOnceASecond) {
  Limit limit(1);
  const base::TimePoint now{100s};
  EXPECT_TRUE(limit.allow(now));
  EXPECT_FALSE(limit.allow(now));
  EXPECT_EQ(limit.take_left_out(now), 1U);
  EXPECT_FALSE(limit.allow(now));
  EXPECT_FALSE(limit.allow(now));
  EXPECT_EQ(limit.take_left_out(now), 0U) << "later";
  EXPECT_EQ(limit.take_left_out(now + 10s), 2U);
}

}  // namespace
}  // namespace carillon::log
