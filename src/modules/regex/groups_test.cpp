// SPDX-License-Identifier: Apache-2.0
// What a file of groups may say.
#include "modules/regex/groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carillon::regex {
namespace {

using ::testing::HasSubstr;

base::Result<Groups> parse(std::string_view text, GroupLimits limits = {}, script::Regex::Options options = {}) {
  return parse_groups(text, "groups", options, limits);
}

TEST(GroupsFile, GroupsAreNumberedInTheirOrder) {
  const Groups groups =
      parse("# phones\n[7]\n^Twinkle/1\r\n\n ^ignored\n\t^ignored\n^SIP Comm\n[0]\n^1\\d{3}$\n").value();
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_TRUE(groups[0]->matches("twinkle/1.4").value());
  EXPECT_TRUE(groups[0]->matches("SIP Communicator").value());
  EXPECT_FALSE(groups[0]->matches("^ignored").value());
  EXPECT_TRUE(groups[1]->matches("1234").value());
  EXPECT_FALSE(groups[1]->matches("12345").value());
}

TEST(GroupsFile, AnAlternativeOfALineStaysInItsLine) {
  const Groups groups = parse("[0]\n^a|b$\nc").value();
  EXPECT_TRUE(groups[0]->matches("xb").value());
  EXPECT_TRUE(groups[0]->matches("xcx").value());
  EXPECT_FALSE(groups[0]->matches("bx").value());
}

TEST(GroupsFile, ACommentInAnExpressionEndsWithItsLine) {
  const Groups groups = parse("[0]\na b # both\nc\n", {}, {.extended = true}).value();
  EXPECT_TRUE(groups[0]->matches("ab").value());
  EXPECT_TRUE(groups[0]->matches("c").value());
}

TEST(GroupsFile, MistakesAreToldWithTheirLine) {
  EXPECT_THAT(parse("").error().message, HasSubstr("has no group"));
  EXPECT_THAT(parse("# nothing\n").error().message, HasSubstr("has no group"));
  EXPECT_THAT(parse("\n^a\n[0]\n^b\n").error().message,
              HasSubstr("groups:2: an expression in front of the first group"));
  EXPECT_THAT(parse("[0]\n^a\n(b\n").error().message, HasSubstr("groups:3: bad regular expression"));
  EXPECT_THAT(parse("[0]\na)(b\n").error().message, HasSubstr("groups:2: bad regular expression"));
  EXPECT_THAT(parse("[0]\n[1]\n^a\n").error().message, HasSubstr("groups:1: this group is empty"));
  EXPECT_THAT(parse("[0]\n^a\n[1]\n#\n").error().message, HasSubstr("groups:3: this group is empty"));
}

TEST(GroupsFile, HasLimits) {
  EXPECT_THAT(parse("[0]\na\n[1]\nb\n", {.groups = 1}).error().message, HasSubstr("groups:3: max_groups allows 1"));
  EXPECT_THAT(parse("[0]\naaa\nbbb\n", {.group_bytes = 10}).error().message,
              HasSubstr("groups:3: group_max_size allows 10"));
  EXPECT_TRUE(parse("[0]\naaa\nbb\n", {.group_bytes = 10}).has_value());
  EXPECT_THAT(read_groups("/nowhere/groups", {}, {}).error().message, HasSubstr("/nowhere/groups"));
}

}  // namespace
}  // namespace carillon::regex
