// SPDX-License-Identifier: Apache-2.0
// What functions accept as literals: a bad one is a mistake that the compiler of the script reports. What the functions
// do is tested in tests/scenarios/sipmsgops.
#include <gtest/gtest.h>

#include "modules/sipmsgops/sipmsgops.h"

namespace carillon::sipmsgops {
namespace {

using sip::Method;

TEST(MethodNames, AreBitsWhereTheMethodIsKnown) {
  const MethodNames names = MethodNames::parse("INVITE | Bye|DANCE").value();
  EXPECT_TRUE(names.known.contains(Method::Invite));
  EXPECT_TRUE(names.known.contains(Method::Bye));
  EXPECT_FALSE(names.known.contains(Method::Ack));
  EXPECT_EQ(names.others, std::vector<std::string>{"DANCE"});
}

TEST(MethodNames, AreTokens) {
  for (const std::string_view text : {"", "INVITE,BYE", "INVITE BYE", "INVITE||BYE", "|"}) {
    EXPECT_FALSE(MethodNames::parse(text)) << text;
  }
}

TEST(HeaderLines, AreWholeLines) {
  EXPECT_EQ(HeaderLines::parse("A: 1\r\nB: 2\r\n")->text, "A: 1\r\nB: 2\r\n");
  for (const std::string_view text :
       {"", "A: 1", "A: 1\n", "A: 1\r\n\r\n", "\r\nA: 1\r\n", "no colon\r\n", ": 1\r\n", "A: 1\r\nB", "A: \r1\r\n"}) {
    EXPECT_FALSE(HeaderLines::parse(text)) << text;
  }
  EXPECT_FALSE(HeaderLines::parse(std::string_view("A: \0\r\n", 6)));
}

TEST(ValidateFlags, AreLetters) {
  const ValidateFlags flags = ValidateFlags::parse("shm").value();
  EXPECT_TRUE(flags.sdp);
  EXPECT_TRUE(flags.headers);
  EXPECT_TRUE(flags.no_max_forwards);
  EXPECT_FALSE(flags.contact);
  EXPECT_FALSE(ValidateFlags::parse("x"));
}

}  // namespace
}  // namespace carillon::sipmsgops
