// SPDX-License-Identifier: Apache-2.0
// What a script can't ask of auth, found when it is checked or started.
#include "modules/auth/auth.h"

#include <gtest/gtest.h>

#include "testing/scenario/player.h"

namespace carillon::auth {
namespace {

std::string problem_of(const std::string& head, const std::string& statements) {
  const auto scenario = testing::Scenario::parse(
      "auth_test.cpp", "load auth\n" + head + "script  route { " + statements + " }\n\nsend alice OPTIONS sip:x\n");
  const auto played = testing::Player(scenario).play();
  return played ? "" : played.error().message;
}

void expect_problem(const std::string& head, const std::string& statements, const std::string& text) {
  const std::string problem = problem_of(head, statements);
  EXPECT_NE(problem.find(text), std::string::npos) << problem;
}

TEST(AuthTest, ChallengesAreCheckedWithTheScript) {
  expect_problem("", "www_challenge(\"a\", \"auth-conf\");", "'auth-conf' is no qop");
  expect_problem("", "proxy_challenge(\"a\", \"auth\", \"SHA-1\");", "'SHA-1' is no algorithm");
}

TEST(AuthTest, ParametersAreChecked) {
  expect_problem("modparam auth nonce_expire 0\n", "", "nonce_expire must be 1 to 86400 seconds");
  expect_problem("modparam auth username_spec \"$fU\"\n", "", "must be of the form $avp(name) or $var(name)");
  expect_problem("modparam auth rpid_avp \"rpid\"\n", "", "must be of the form $avp(name) or $var(name)");
}

TEST(AuthTest, ListsAreRead) {
  EXPECT_EQ(QopList::parse("")->offer, QopOffer::None);
  EXPECT_EQ(QopList::parse("auth")->offer, QopOffer::Auth);
  EXPECT_EQ(QopList::parse("auth-int")->offer, QopOffer::AuthInt);
  EXPECT_EQ(QopList::parse("auth-int, auth")->offer, QopOffer::Both);
  EXPECT_EQ(QopList::parse("AUTH-INT, auth")->text, "auth-int,auth");
  EXPECT_FALSE(QopList::parse("auth,,x"));
  // As scripts for OpenSIPS 2 have it.
  EXPECT_EQ(QopList::parse("0")->offer, QopOffer::None);
  EXPECT_EQ(QopList::parse("1")->offer, QopOffer::Auth);

  EXPECT_TRUE(AlgorithmList::parse("")->algorithms.empty());
  EXPECT_EQ(AlgorithmList::parse("sha-256, MD5,SHA-256")->algorithms,
            (std::vector{sip::DigestAlgorithm::Sha256, sip::DigestAlgorithm::Md5}));
  EXPECT_FALSE(AlgorithmList::parse("MD5,,"));
}

TEST(AuthTest, OffersAreKept) {
  EXPECT_TRUE(offers(QopOffer::None, sip::Qop::None));
  EXPECT_FALSE(offers(QopOffer::Auth, sip::Qop::None));
  EXPECT_FALSE(offers(QopOffer::Auth, sip::Qop::AuthInt));
  EXPECT_FALSE(offers(QopOffer::AuthInt, sip::Qop::Auth));
  EXPECT_TRUE(offers(QopOffer::Both, sip::Qop::AuthInt));
}

}  // namespace
}  // namespace carillon::auth
