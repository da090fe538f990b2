// SPDX-License-Identifier: Apache-2.0
#include "modules/userblacklist/prefix_list.h"

#include <gtest/gtest.h>

namespace carillon::userblacklist {
namespace {

TEST(PrefixList, allows_what_no_prefix_matches) {
  PrefixList list;
  EXPECT_TRUE(list.allows("49123"));
  list.add("49", false);
  EXPECT_FALSE(list.allows("49123"));
  EXPECT_FALSE(list.allows("49"));
  EXPECT_TRUE(list.allows("4"));
  EXPECT_TRUE(list.allows("48"));
}

TEST(PrefixList, the_longest_prefix_decides) {
  PrefixList list;
  list.add("", false);
  list.add("1", true);
  list.add("123456", false);
  list.add("123456787", true);
  EXPECT_FALSE(list.allows("2"));
  EXPECT_TRUE(list.allows("12345"));
  EXPECT_FALSE(list.allows("1234567"));
  EXPECT_TRUE(list.allows("1234567870"));
}

TEST(PrefixList, what_stands_before_the_digits_does_not_count) {
  PrefixList list;
  list.add("+49", false);
  EXPECT_FALSE(list.allows("49123"));
  EXPECT_FALSE(list.allows("+49123"));
  EXPECT_FALSE(list.allows("sip:49"));
  EXPECT_TRUE(list.allows("alice"));
  list.add("", false);
  EXPECT_FALSE(list.allows("alice"));
}

TEST(PrefixList, of_two_equal_prefixes_the_forbidding_one_counts) {
  PrefixList list;
  list.add("5", false);
  list.add("5", true);
  EXPECT_FALSE(list.allows("55"));
}

TEST(PrefixList, a_hundred_thousand_prefixes) {
  PrefixList list;
  for (int i = 0; i < 100'000; ++i) list.add(std::to_string(i), i % 2 == 0);
  EXPECT_EQ(list.size(), 100'000U);
  EXPECT_TRUE(list.allows("99998123"));
  EXPECT_FALSE(list.allows("99999123"));
}

}  // namespace
}  // namespace carillon::userblacklist
