// SPDX-License-Identifier: Apache-2.0
#include "sip/rack.h"

#include <gtest/gtest.h>

namespace carillon::sip {
namespace {

TEST(Rack, TheNumberOfTheInviteMoves) {
  EXPECT_EQ(moved_rack("776656 1 INVITE", 2), "776656 3 INVITE");
  EXPECT_EQ(moved_rack(" 1\t2147483646  INVITE ", 1), "1 2147483647 INVITE");
}

TEST(Rack, WhatCannotBeReadOrMovedStays) {
  for (const std::string_view value : {"", "1", "1 2", "1 2 INVITE x", "x 2 INVITE", "1 -2 INVITE",
                                       "1 2147483647 INVITE", "1 4294967296 INVITE", "1 2 \r\nX: y"}) {
    EXPECT_FALSE(moved_rack(value, 1)) << value;
  }
}

}  // namespace
}  // namespace carillon::sip
