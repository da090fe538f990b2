// SPDX-License-Identifier: Apache-2.0
#include "routing/refusal_limit.h"

#include <gtest/gtest.h>

namespace carillon::routing {
namespace {

using namespace std::chrono_literals;

TEST(RefusalLimit, IsForEachSourceAndSecond) {
  RefusalLimit limit;
  const auto one = *base::IpAddress::parse("192.0.2.1");
  const base::TimePoint now{100s};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.allow(one, now, 3));
  EXPECT_FALSE(limit.allow(one, now, 3));
  EXPECT_FALSE(limit.allow(one, now + 999ms, 3));
  EXPECT_TRUE(limit.allow(one, now + 1s, 3));
}

// Of three others at least one has a slot of its own: the odds against it are one in billions.
TEST(RefusalLimit, DoesNotPunishOthers) {
  RefusalLimit limit;
  const base::TimePoint now{100s};
  const auto flooder = *base::IpAddress::parse("192.0.2.1");
  while (limit.allow(flooder, now, 10)) {
  }
  bool served = false;
  for (const char* text : {"192.0.2.2", "192.0.2.3", "2001:db8::1"}) {
    served = limit.allow(*base::IpAddress::parse(text), now, 10) || served;
  }
  EXPECT_TRUE(served);
}

}  // namespace
}  // namespace carillon::routing
