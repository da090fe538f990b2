// SPDX-License-Identifier: Apache-2.0
#include "transport/branch.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace carillon::transport {
namespace {

TEST(Branch, IsReadBackAsWritten) {
  const Branch lowest;
  const Branch some{.shard = 0x2a, .key = 0x0123456789abcdef, .loop = 0xdeadbeef, .index = 7};
  const Branch highest{.shard = 255,
                       .key = std::numeric_limits<std::uint64_t>::max(),
                       .loop = std::numeric_limits<std::uint32_t>::max(),
                       .index = 255};
  for (const Branch& branch : {lowest, some, highest}) {
    EXPECT_EQ(parse_branch(BranchText(branch).view()), branch);
  }
}

TEST(Branch, BeginsWithTheMagicCookie) {
  const Branch branch{.shard = 0x2a, .key = 0x0123456789abcdef, .loop = 0xdeadbeef, .index = 7};
  EXPECT_EQ(BranchText(branch).view(), "z9hG4bKc2a0123456789abcdefdeadbeef07");
}

TEST(Branch, OfSomebodyElseIsNotRead) {
  EXPECT_FALSE(parse_branch(""));
  EXPECT_FALSE(parse_branch("z9hG4bK"));
  EXPECT_FALSE(parse_branch("z9hG4bK776asdhds"));
  EXPECT_FALSE(parse_branch("z9hG4bKd2a0123456789abcdefdeadbeef07"));   // another mark
  EXPECT_FALSE(parse_branch("z9hG4bKc2a0123456789abcdefdeadbeef0"));    // too short
  EXPECT_FALSE(parse_branch("z9hG4bKc2a0123456789abcdefdeadbeef070"));  // too long
  EXPECT_FALSE(parse_branch("Z9HG4BKc2a0123456789abcdefdeadbeef07"));
}

TEST(Branch, WithADigitThatIsNoneIsNotRead) {
  const std::string good(BranchText(Branch{.shard = 1, .key = 2, .loop = 3, .index = 4}).view());
  for (std::size_t at = 8; at < good.size(); ++at) {
    for (const char c : {'g', 'A', ' ', '\0', '-', '\xff'}) {
      std::string bad = good;
      bad[at] = c;
      EXPECT_FALSE(parse_branch(bad)) << at << " " << bad;
    }
  }
}

}  // namespace
}  // namespace carillon::transport
