// SPDX-License-Identifier: Apache-2.0
#include "modules/uac_auth/challenge.h"

#include <gtest/gtest.h>

#include "sip/message.h"

namespace carillon::uac_auth {
namespace {

class ChallengeTest : public ::testing::Test {
 protected:
  std::vector<Challenge> choose(std::string_view headers, std::string_view algorithms = {}) {
    bytes_ =
        "SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
        "To: <sip:c@d>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n";
    bytes_.append(headers).append("Content-Length: 0\r\n\r\n");
    static_cast<void>(message_.assign(bytes_));
    return choose_challenges(message_, *Algorithms::parse(algorithms),
                             [this](const Challenge& challenge) { return credential_.suits(challenge.algorithm); });
  }

  std::string bytes_;
  sip::Message message_;
  Credential credential_{.user = "a", .realm = "", .password = "p"};
};

TEST_F(ChallengeTest, TheStrongestOfEachRealmIsChosen) {
  constexpr std::string_view kHeaders =
      "WWW-Authenticate: Digest realm=\"one\", nonce=\"a\", algorithm=MD5, qop=\"auth\"\r\n"
      "WWW-Authenticate: Digest realm=\"one\", nonce=\"b\", algorithm=SHA-256, qop=\"auth\"\r\n"
      "WWW-Authenticate: Digest realm=\"one\", nonce=\"c\", algorithm=AKAv2-MD5, qop=\"auth\"\r\n"
      "WWW-Authenticate: Digest realm=\"two\", nonce=\"d\"\r\n"
      "Proxy-Authenticate: Digest realm=\"one\", nonce=\"e\", qop=\"auth-int\"\r\n";
  const auto chosen = choose(kHeaders);
  ASSERT_EQ(chosen.size(), 3U);
  EXPECT_EQ(chosen[0].fields.nonce, "b");
  EXPECT_EQ(chosen[0].qop, sip::Qop::Auth);
  EXPECT_EQ(chosen[1].fields.nonce, "d");
  EXPECT_EQ(chosen[1].qop, sip::Qop::None);
  EXPECT_EQ(chosen[2].header, sip::HeaderId::ProxyAuthenticate);
  EXPECT_EQ(chosen[2].qop, sip::Qop::AuthInt);
  // What a script names is what may be used.
  EXPECT_EQ(choose(kHeaders, "MD5")[0].fields.nonce, "a");
}

TEST_F(ChallengeTest, WhatCannotBeAnsweredIsNone) {
  for (const std::string_view value :
       {"Basic realm=\"a\"", "Digest nonce=\"a\"", "Digest realm=\"a\"", "Digest realm=\"a\", nonce=\"\"",
        "Digest realm=\"a\", nonce=\"b\", qop=\"auth-conf\"", "Digest realm=\"a\", nonce=\"b\", algorithm=SHA-1",
        "Digest realm=\"a\", realm=\"b\", nonce=\"c\"", "Digest", "", "Digest realm=\"a\r\n b\", nonce=\"c\"",
        "Digest realm=\"a, nonce=b"}) {
    EXPECT_FALSE(Challenge::parse(sip::HeaderId::WwwAuthenticate, value)) << value;
  }
}

TEST_F(ChallengeTest, OfTwoQopsAuthIsChosen) {
  EXPECT_EQ(
      Challenge::parse(sip::HeaderId::WwwAuthenticate, "Digest realm=\"a\", nonce=\"b\", qop=\"auth-int,auth\"")->qop,
      sip::Qop::Auth);
}

TEST_F(ChallengeTest, TheAnswerOfRfc7616) {
  const auto challenge =
      Challenge::parse(sip::HeaderId::WwwAuthenticate,
                       "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, "
                       "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
                       "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"");
  ASSERT_TRUE(challenge);
  EXPECT_EQ(answer_line(*challenge, {.user = "Mufasa", .realm = "", .password = "Circle of Life"},
                        {.method = "GET", .uri = "/dir/index.html", .body = ""},
                        "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"),
            "Authorization: Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "
            "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", uri=\"/dir/index.html\", "
            "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\", "
            "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, nc=00000001, algorithm=SHA-256, "
            "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"\r\n");
}

TEST_F(ChallengeTest, AHashDoesForItsAlgorithmOnly) {
  constexpr std::string_view kHeaders =
      "WWW-Authenticate: Digest realm=\"one\", nonce=\"a\", algorithm=MD5\r\n"
      "WWW-Authenticate: Digest realm=\"one\", nonce=\"b\", algorithm=SHA-512-256\r\n"
      "WWW-Authenticate: Digest realm=\"one\", nonce=\"c\", algorithm=SHA-256\r\n";
  EXPECT_EQ(choose(kHeaders).at(0).fields.nonce, "b");
  credential_.password = "0x" + std::string(32, 'A');
  EXPECT_EQ(credential_.ha1(), std::string(32, 'a'));
  EXPECT_EQ(choose(kHeaders).at(0).fields.nonce, "a");
  credential_.password = "0x" + std::string(64, '0');
  EXPECT_EQ(choose(kHeaders).at(0).fields.nonce, "c");
  // What only looks like one is a password.
  for (const std::string& password : {"0x" + std::string(31, 'a'), "0x" + std::string(31, 'a') + "g", std::string("0x"),
                                      "0X" + std::string(32, 'a')}) {
    credential_.password = password;
    EXPECT_EQ(credential_.ha1(), "") << password;
    EXPECT_EQ(choose(kHeaders).at(0).fields.nonce, "b") << password;
  }
}

TEST_F(ChallengeTest, QuotesInUserNamesAreEscaped) {
  const auto challenge = Challenge::parse(sip::HeaderId::WwwAuthenticate, "Digest realm=\"a\", nonce=\"b\"");
  const std::string line = answer_line(*challenge, {.user = "a\"b\\", .realm = "a", .password = "p"},
                                       {.method = "REGISTER", .uri = "sip:a", .body = ""}, "c");
  EXPECT_NE(line.find(R"(username="a\"b\\",)"), std::string::npos) << line;
  EXPECT_EQ(line.find("cnonce"), std::string::npos) << line;
}

}  // namespace
}  // namespace carillon::uac_auth
