// SPDX-License-Identifier: Apache-2.0
#include "base/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace carillon::base {
namespace {

TEST(Glob, MatchesWholeTexts) {
  EXPECT_TRUE(glob_matches("user:*", "user:1"));
  EXPECT_TRUE(glob_matches("user:*", "user:"));
  EXPECT_FALSE(glob_matches("user:*", "users:1"));
  EXPECT_FALSE(glob_matches("user", "user:1"));
  EXPECT_TRUE(glob_matches("*", ""));
  EXPECT_TRUE(glob_matches("", ""));
  EXPECT_FALSE(glob_matches("", "x"));
  EXPECT_FALSE(glob_matches("?", ""));
  EXPECT_TRUE(glob_matches("*a*b*c", "xxaxxbxxbxxc"));
  EXPECT_FALSE(glob_matches("*a*b*c", "xxaxxcxxb"));
  EXPECT_TRUE(glob_matches("a?c", "abc"));
}

TEST(Glob, HasSets) {
  EXPECT_TRUE(glob_matches("call:[2-9]", "call:5"));
  EXPECT_FALSE(glob_matches("call:[2-9]", "call:1"));
  EXPECT_TRUE(glob_matches("[!a-c]x", "dx"));
  EXPECT_FALSE(glob_matches("[^a-c]x", "bx"));
  EXPECT_TRUE(glob_matches("[]]", "]"));
  EXPECT_TRUE(glob_matches("[a-]", "-"));
  EXPECT_TRUE(glob_matches("[[:digit:]x]*", "7"));
  EXPECT_TRUE(glob_matches("[[:digit:]x]", "x"));
  EXPECT_FALSE(glob_matches("[[:alpha:]]", "7"));
  EXPECT_TRUE(glob_matches("[a", "[a"));
  EXPECT_FALSE(glob_matches("[a", "a"));
  EXPECT_TRUE(glob_matches("[\\]]", "]"));
}

TEST(Glob, TakesMeaningAway) {
  EXPECT_TRUE(glob_matches("\\*", "*"));
  EXPECT_FALSE(glob_matches("\\*", "x"));
  EXPECT_TRUE(glob_matches("a\\", "a\\"));
}

TEST(Glob, MayIgnoreCase) {
  EXPECT_FALSE(glob_matches("X-*", "x-foo"));
  EXPECT_TRUE(glob_matches("X-*[a-c]", "x-fooB", GlobCase::Ignored));
}

TEST(Glob, EndsSoonWhateverThePattern) {
  std::string pattern;
  for (int i = 0; i < 2000; ++i) pattern += "*a";
  EXPECT_FALSE(glob_matches(pattern + "b", std::string(4000, 'a')));
}

}  // namespace
}  // namespace carillon::base
