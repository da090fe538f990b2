// SPDX-License-Identifier: Apache-2.0
// The flags of save() and lookup(), by name and by letter.
#include "modules/registrar/flags.h"

#include <gtest/gtest.h>

namespace carillon::registrar {
namespace {

TEST(SaveFlags, ByName) {
  const auto flags = SaveFlags::parse(
      "memory-only, no-reply,max-contacts=5,force-registration,path-strict,path-received,only-request-contacts,"
      "socket-header,min-expires=30,max-expires=3600,matching-mode=1");
  ASSERT_TRUE(flags);
  EXPECT_TRUE(flags->memory_only);
  EXPECT_TRUE(flags->no_reply);
  EXPECT_EQ(flags->max_contacts, 5U);
  EXPECT_TRUE(flags->force_registration);
  EXPECT_EQ(flags->path, PathMode::Strict);
  EXPECT_TRUE(flags->path_received);
  EXPECT_TRUE(flags->only_request_contacts);
  EXPECT_TRUE(flags->socket_header);
  EXPECT_EQ(flags->min_expires, 30U);
  EXPECT_EQ(flags->max_expires, 3600U);
  EXPECT_EQ(flags->matching, usrloc::Matching::ContactCallId);
}

TEST(SaveFlags, ByLetter) {
  const auto flags = SaveFlags::parse("mrc12fp2ve30E3600so");
  ASSERT_TRUE(flags);
  EXPECT_TRUE(flags->memory_only);
  EXPECT_TRUE(flags->no_reply);
  EXPECT_EQ(flags->max_contacts, 12U);
  EXPECT_TRUE(flags->force_registration);
  EXPECT_EQ(flags->path, PathMode::Strict);
  EXPECT_TRUE(flags->path_received);
  EXPECT_EQ(flags->min_expires, 30U);
  EXPECT_EQ(flags->max_expires, 3600U);
  EXPECT_TRUE(flags->socket_header);
  EXPECT_TRUE(flags->only_request_contacts);
}

TEST(SaveFlags, LettersOfPathAndMatching) {
  EXPECT_EQ(SaveFlags::parse("m")->path, PathMode::Ignore);
  EXPECT_EQ(SaveFlags::parse("p0")->path, PathMode::Off);
  EXPECT_EQ(SaveFlags::parse("p1")->path, PathMode::Lazy);
  EXPECT_EQ(SaveFlags::parse("M0r")->matching, usrloc::Matching::Contact);
  EXPECT_EQ(SaveFlags::parse("rM1")->matching, usrloc::Matching::ContactCallId);
  const auto parameter = SaveFlags::parse("M<rinstance>f");
  ASSERT_TRUE(parameter);
  EXPECT_EQ(parameter->matching, usrloc::Matching::Parameter);
  EXPECT_EQ(parameter->matching_parameter, "rinstance");
  EXPECT_TRUE(parameter->force_registration);
}

TEST(SaveFlags, EmptyIsNone) {
  for (const char* text : {"", "  ", ","}) {
    const auto flags = SaveFlags::parse(text);
    ASSERT_TRUE(flags) << text;
    EXPECT_FALSE(flags->memory_only);
    EXPECT_FALSE(flags->matching);
  }
}

TEST(SaveFlags, MatchingByAParameter) {
  for (const char* text : {"matching-mode=<line>", "matching-mode=line"}) {
    const auto flags = SaveFlags::parse(text);
    ASSERT_TRUE(flags) << text;
    EXPECT_EQ(flags->matching, usrloc::Matching::Parameter);
    EXPECT_EQ(flags->matching_parameter, "line");
  }
}

TEST(SaveFlags, WhatIsUnknownOrNoNumberIsRefused) {
  for (const char* text : {"memory-onyl", "max-contacts=", "max-contacts=-1", "min-expires=99999999999", "mz", "c5x",
                           "matching-mode=", "p", "p3", "M", "M<", "M<>"}) {
    EXPECT_FALSE(SaveFlags::parse(text)) << text;
  }
}

TEST(LookupFlags, ByName) {
  const auto flags = LookupFlags::parse("no-branches,method-filtering,global,ua-filtering=/^a,b/c$/,case-insensitive");
  ASSERT_TRUE(flags);
  EXPECT_TRUE(flags->no_branches);
  EXPECT_TRUE(flags->method_filtering);
  ASSERT_TRUE(flags->user_agent);
  EXPECT_FALSE(flags->to_branches_only);
}

TEST(SaveFlags, LettersHaveNamesToday) {
  EXPECT_EQ(SaveFlags::today("mrsfvo"),
            "memory-only,no-reply,socket-header,force-registration,path-received,only-request-contacts");
  EXPECT_EQ(SaveFlags::today(" c5e60E3600p1 "), "max-contacts=5,min-expires=60,max-expires=3600,path-lazy");
  EXPECT_EQ(SaveFlags::today("M0M<line>p0p2"), "matching-mode=0,matching-mode=line,path-off,path-strict");
  EXPECT_EQ(SaveFlags::today(""), "");
  EXPECT_EQ(SaveFlags::today("memory-only,no-reply"), "");
  EXPECT_EQ(SaveFlags::today("mp9"), "");
}

TEST(LookupFlags, LettersHaveNamesToday) {
  EXPECT_EQ(LookupFlags::today("bBrmgY"),
            "no-branches,to-branches-only,branch,method-filtering,global,sort-by-latency");
  EXPECT_EQ(LookupFlags::today("y500mu/^a,b/ib"),
            "max-ping-latency=500,method-filtering,ua-filtering=/^a,b/,case-insensitive,no-branches");
  EXPECT_EQ(LookupFlags::today("branch"), "");
  EXPECT_EQ(LookupFlags::today("no-branches"), "");
  EXPECT_EQ(LookupFlags::today("u/("), "");
  EXPECT_EQ(LookupFlags::today("q"), "");
}

TEST(LookupFlags, OneNameAloneIsNoListOfLetters) {
  const auto branch = LookupFlags::parse("branch");
  ASSERT_TRUE(branch);
  EXPECT_TRUE(branch->branch);
  EXPECT_FALSE(branch->no_branches);
  EXPECT_TRUE(LookupFlags::parse("global"));
}

TEST(LookupFlags, ByLetter) {
  const auto flags = LookupFlags::parse("bmu/phone/i");
  ASSERT_TRUE(flags);
  EXPECT_TRUE(flags->no_branches);
  EXPECT_TRUE(flags->method_filtering);
  ASSERT_TRUE(flags->user_agent);
  EXPECT_TRUE(flags->user_agent->matches("Big Phone").value());
}

TEST(LookupFlags, LettersThatHaveNothingToDo) {
  for (const char* text : {"g", "y1500m", "Ym", "mu/a-b,c=d/"}) EXPECT_TRUE(LookupFlags::parse(text)) << text;
  EXPECT_TRUE(LookupFlags::parse("y1500m")->method_filtering);
  EXPECT_TRUE(LookupFlags::parse("mu/a-b,c=d/")->user_agent->matches("a-b,c=d").value());
}

TEST(LookupFlags, CaseMattersUnlessToldOtherwise) {
  const auto flags = LookupFlags::parse("ua-filtering=/phone/");
  ASSERT_TRUE(flags);
  EXPECT_FALSE(flags->user_agent->matches("Phone").value());
  EXPECT_TRUE(flags->user_agent->matches("phone").value());
}

TEST(LookupFlags, WhatIsUnknownOrNoExpressionIsRefused) {
  for (const char* text : {"no-branch", "ua-filtering=phone", "ua-filtering=/(/", "x", "u/", "m,b"}) {
    EXPECT_FALSE(LookupFlags::parse(text)) << text;
  }
}

}  // namespace
}  // namespace carillon::registrar
