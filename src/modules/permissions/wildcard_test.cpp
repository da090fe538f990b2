// SPDX-License-Identifier: Apache-2.0
#include "modules/permissions/wildcard.h"

#include <gtest/gtest.h>

#include <string>

namespace carillon::permissions {
namespace {

TEST(Wildcard, plain_text_is_compared_whole) {
  EXPECT_TRUE(matches_wildcard("abc", "abc"));
  EXPECT_FALSE(matches_wildcard("abc", "abcd"));
  EXPECT_FALSE(matches_wildcard("abcd", "abc"));
  EXPECT_FALSE(matches_wildcard("abc", "ABC"));
  EXPECT_TRUE(matches_wildcard("", ""));
  EXPECT_FALSE(matches_wildcard("", "a"));
}

TEST(Wildcard, star_and_question_mark) {
  EXPECT_TRUE(matches_wildcard("*", ""));
  EXPECT_TRUE(matches_wildcard("sip:*@example.org", "sip:bob@example.org"));
  EXPECT_FALSE(matches_wildcard("sip:*@example.org", "sip:bob@example.org;x"));
  EXPECT_TRUE(matches_wildcard("*a*b*", "xxaxxbxx"));
  EXPECT_TRUE(matches_wildcard("a?c", "abc"));
  EXPECT_FALSE(matches_wildcard("a?c", "ac"));
}

TEST(Wildcard, brackets) {
  EXPECT_TRUE(matches_wildcard("[0-9]*", "49"));
  EXPECT_FALSE(matches_wildcard("[0-9]*", "+49"));
  EXPECT_TRUE(matches_wildcard("[!0-9]*", "+49"));
  EXPECT_TRUE(matches_wildcard("[]]", "]"));
  EXPECT_TRUE(matches_wildcard("[a-]", "-"));
  EXPECT_TRUE(matches_wildcard("[ab", "[ab"));
  EXPECT_TRUE(matches_wildcard("[\\]x]", "]"));
  EXPECT_FALSE(matches_wildcard("[", "a"));
}

TEST(Wildcard, a_backslash_takes_the_meaning_away) {
  EXPECT_TRUE(matches_wildcard("\\*", "*"));
  EXPECT_FALSE(matches_wildcard("\\*", "a"));
  EXPECT_TRUE(matches_wildcard("a\\", "a\\"));
}

TEST(Wildcard, any_bytes) {
  EXPECT_TRUE(matches_wildcard("a*z", std::string_view("a\0\xff\nz", 5)));
  EXPECT_TRUE(matches_wildcard("😀*", "😀😀"));
}

TEST(Wildcard, many_stars_take_no_forever) {
  std::string pattern;
  for (int i = 0; i < 30; ++i) pattern += "a*";
  EXPECT_FALSE(matches_wildcard(pattern + "b", std::string(60'000, 'a')));
}

}  // namespace
}  // namespace carillon::permissions
