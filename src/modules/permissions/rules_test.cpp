// SPDX-License-Identifier: Apache-2.0
#include "modules/permissions/rules.h"

#include <gtest/gtest.h>

#include "modules/permissions/plain_uri.h"

namespace carillon::permissions {
namespace {

Rules rules_of(std::string_view text) {
  auto rules = Rules::parse(text, "file");
  EXPECT_TRUE(rules.has_value()) << rules.error().message;
  return rules ? std::move(*rules) : Rules{};
}

std::string mistakes_in(std::string_view text) {
  const auto rules = Rules::parse(text, "file");
  return rules ? std::string() : rules.error().message;
}

bool match(const Rules& rules, std::string_view left, std::string_view right) {
  return rules.match(left, right, false);
}

TEST(Rules, comments_and_empty_lines_are_no_rules) {
  EXPECT_EQ(rules_of("").size(), 0U);
  EXPECT_EQ(rules_of("\n  \t\r\n# ALL : ALL\n   # x\n").size(), 0U);
  EXPECT_EQ(rules_of("ALL:ALL # all\r\n\n\"a\" : \"b#c\"").size(), 2U);
}

TEST(Rules, lists_on_both_sides) {
  const Rules rules = rules_of(R"("^sip:a@" , "^sip:b@":"^sip:1","^sip:2")");
  EXPECT_TRUE(match(rules, "sip:a@x", "sip:1@x"));
  EXPECT_TRUE(match(rules, "sip:B@x", "sip:2@x"));
  EXPECT_FALSE(match(rules, "sip:c@x", "sip:1@x"));
  EXPECT_FALSE(match(rules, "sip:a@x", "sip:3@x"));
}

TEST(Rules, except) {
  const Rules rules = rules_of(R"(ALL EXCEPT "^sip:mallory@" : "^sip:361[0-9]*@" EXCEPT "3@", "4@")");
  EXPECT_TRUE(match(rules, "sip:a@x", "sip:3611@x"));
  EXPECT_FALSE(match(rules, "sip:mallory@x", "sip:3611@x"));
  EXPECT_FALSE(match(rules, "sip:a@x", "sip:3613@x"));
  EXPECT_FALSE(match(rules, "sip:a@x", "sip:3614@x"));
}

TEST(Rules, except_of_an_except) {
  const Rules rules = rules_of(R"(ALL : ALL EXCEPT "^sip:00" EXCEPT "^sip:0049")");
  EXPECT_TRUE(match(rules, "x", "sip:1"));
  EXPECT_FALSE(match(rules, "x", "sip:001"));
  EXPECT_TRUE(match(rules, "x", "sip:00491"));
}

TEST(Rules, what_looks_like_syntax_inside_quotes_is_not) {
  const Rules rules = rules_of(R"(" EXCEPT : ALL , #" : "\.")");
  EXPECT_TRUE(match(rules, "x EXCEPT : ALL , #y", "a.b"));
  EXPECT_FALSE(match(rules, "x", "a.b"));
}

TEST(Rules, mistakes_are_told_with_file_and_line) {
  EXPECT_EQ(mistakes_in("ALL\n"), "file:1: a ':' is missing");
  EXPECT_EQ(mistakes_in("\nALL :\n"), "file:2: an expression in quotes, or ALL, is missing");
  EXPECT_EQ(mistakes_in(": ALL"), "file:1: ': ALL' is neither an expression in quotes nor ALL");
  EXPECT_EQ(mistakes_in("sip:x : ALL"), "file:1: 'sip:x : ALL' is neither an expression in quotes nor ALL");
  EXPECT_EQ(mistakes_in("\"a : ALL"), "file:1: a quote is not closed");
  EXPECT_EQ(mistakes_in("ALL : ALL ALL"), "file:1: unexpected 'ALL'");
  EXPECT_EQ(mistakes_in("ALL , : ALL"), "file:1: ': ALL' is neither an expression in quotes nor ALL");
  EXPECT_TRUE(mistakes_in("\"(\" : ALL").starts_with("file:1: "));
  EXPECT_TRUE(mistakes_in("ALL\n\n\nALL").ends_with("file:4: a ':' is missing"));
  EXPECT_FALSE(mistakes_in("ALLE : ALL").empty());
}

TEST(Rules, a_pair_of_files_allows_and_denies) {
  RulePair pair;
  pair.allow_rules = rules_of(R"("^sip:a@" : "^sip:1")");
  pair.deny_rules = rules_of(R"(ALL : "^sip:[12]")");
  const auto allow = [&](std::string_view left, std::vector<std::string> rights) { return pair.allow(left, rights); };
  EXPECT_TRUE(allow("sip:a@x", {"sip:1@x"}));
  EXPECT_FALSE(allow("sip:b@x", {"sip:1@x"}));
  EXPECT_TRUE(allow("sip:b@x", {"sip:3@x"}));
  EXPECT_FALSE(allow("sip:a@x", {"sip:1@x", "sip:2@x"}));
  // Both are in neither or one file, but one of them is denied.
  EXPECT_FALSE(allow("sip:a@x", {"sip:1@x", "sip:3@x"}));
  EXPECT_TRUE(allow("sip:a@x", {"sip:3@x", "sip:4@x"}));
}

TEST(Rules, a_file_that_is_not_there_has_no_rules) {
  const auto rules = Rules::read("/nonexistent/permissions.allow");
  ASSERT_TRUE(rules.has_value());
  EXPECT_EQ(rules->size(), 0U);
}

TEST(PlainUri, leaves_only_what_rules_are_about) {
  const auto plain = [](std::string_view text) { return plain_uri(*sip::Uri::parse(text)); };
  EXPECT_EQ(plain("sips:bob:secret@Example.ORG:5061;transport=tls?x=y"), "sip:bob@example.org");
  EXPECT_EQ(plain("sip:example.org"), "sip:example.org");
  EXPECT_EQ(plain("tel:+49123;phone-context=x"), "tel:+49123");
  EXPECT_EQ(plain("http://x"), "http://x");
}

TEST(PlainUri, an_escape_is_no_disguise) {
  const auto plain = [](std::string_view text) { return plain_uri(*sip::Uri::parse(text)); };
  EXPECT_EQ(plain("sip:%39%300@example.org"), "sip:900@example.org");
  EXPECT_EQ(plain("sip:%2b49@example.org"), "sip:+49@example.org");
  EXPECT_EQ(plain("sip:bob%40good.example@evil.example"), "sip:bob%40good.example@evil.example");
}

}  // namespace
}  // namespace carillon::permissions
