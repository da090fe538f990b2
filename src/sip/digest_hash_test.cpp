// SPDX-License-Identifier: Apache-2.0
// The examples of RFC 2617 section 3.5 and RFC 7616 section 3.9, and SIP's own use of them.
#include "sip/digest_hash.h"

#include <gtest/gtest.h>

#include <string>

namespace carillon::sip {
namespace {

std::string response_of(const DigestInput& input, std::string_view user, std::string_view realm,
                        std::string_view password) {
  DigestCalculator calculator;
  const HexDigest ha1 = calculator.ha1(hash_of(input.algorithm), user, realm, password);
  return std::string(calculator.response(input, ha1.view()).view());
}

TEST(DigestHash, MakesTheResponseOfRfc2617) {
  EXPECT_EQ(response_of({.qop = Qop::Auth,
                         .method = "GET",
                         .uri = "/dir/index.html",
                         .nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093",
                         .cnonce = "0a4f113b",
                         .nonce_count = "00000001"},
                        "Mufasa", "testrealm@host.com", "Circle Of Life"),
            "6629fae49393a05397450978507c4ef1");
}

TEST(DigestHash, MakesTheResponseOfRfc2069) {
  // RFC 2069 section 2.4 with the correction of its erratum 749.
  EXPECT_EQ(response_of({.method = "GET", .uri = "/dir/index.html", .nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093"},
                        "Mufasa", "testrealm@host.com", "CircleOfLife"),
            "1949323746fe6a43ef61f9606e7febea");
}

DigestInput rfc7616(DigestAlgorithm algorithm) {
  return {.algorithm = algorithm,
          .qop = Qop::Auth,
          .method = "GET",
          .uri = "/dir/index.html",
          .nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
          .cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
          .nonce_count = "00000001"};
}

TEST(DigestHash, MakesTheResponsesOfRfc7616) {
  constexpr std::string_view kRealm = "http-auth@example.org";
  EXPECT_EQ(response_of(rfc7616(DigestAlgorithm::Md5), "Mufasa", kRealm, "Circle of Life"),
            "8ca523f5e9506fed4657c9700eebdbec");
  EXPECT_EQ(response_of(rfc7616(DigestAlgorithm::Sha256), "Mufasa", kRealm, "Circle of Life"),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

TEST(DigestHash, KnowsSha512Truncated) {
  DigestCalculator calculator;
  // FIPS 180-4: SHA-512/256("abc"), which isn't SHA-512 cut off.
  EXPECT_EQ(calculator.joined(DigestHash::Sha512t256, {"abc"}).view(),
            "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
}

TEST(DigestHash, JoinsPiecesOfAnyLength) {
  DigestCalculator calculator;
  const std::string longer(700, 'x');
  const std::string all = "a:" + longer + ":" + longer.substr(0, 300) + ":" + longer.substr(0, 300);
  EXPECT_EQ(calculator.joined(DigestHash::Md5, {"a", longer, longer.substr(0, 300), longer.substr(0, 300)}).view(),
            calculator.joined(DigestHash::Md5, {all}).view());
}

TEST(DigestHash, SessionsMakeAKeyOfTheirOwn) {
  DigestInput input = rfc7616(DigestAlgorithm::Md5Sess);
  DigestCalculator calculator;
  const HexDigest ha1 = calculator.ha1(DigestHash::Md5, "u", "r", "p");
  const HexDigest session = calculator.joined(DigestHash::Md5, {ha1.view(), input.nonce, input.cnonce});
  DigestInput plain = input;
  plain.algorithm = DigestAlgorithm::Md5;
  EXPECT_EQ(calculator.response(input, ha1.view()).view(), calculator.response(plain, session.view()).view());
}

TEST(DigestHash, AuthIntIsOverTheBody) {
  DigestInput input = rfc7616(DigestAlgorithm::Md5);
  input.qop = Qop::AuthInt;
  input.body = "v=0\r\n";
  const std::string one = response_of(input, "u", "r", "p");
  input.body = "v=1\r\n";
  EXPECT_NE(one, response_of(input, "u", "r", "p"));
}

TEST(DigestHash, NamesAlgorithms) {
  EXPECT_EQ(parse_digest_algorithm(""), DigestAlgorithm::Md5);
  EXPECT_EQ(parse_digest_algorithm("sha-512-256-SESS"), DigestAlgorithm::Sha512t256Sess);
  EXPECT_EQ(parse_digest_algorithm("AKAv1-MD5"), std::nullopt);
  EXPECT_EQ(name_of(DigestAlgorithm::Sha256Sess), "SHA-256-sess");
  EXPECT_TRUE(is_session(DigestAlgorithm::Sha256Sess));
  EXPECT_EQ(hash_of(DigestAlgorithm::Sha512t256Sess), DigestHash::Sha512t256);
}

TEST(DigestHash, ComparesWithoutRegardToTheCaseOfHex) {
  EXPECT_TRUE(is_same_digest("00ffab", "00FFAB"));
  EXPECT_FALSE(is_same_digest("00ffab", "00ffac"));
  EXPECT_FALSE(is_same_digest("00ffab", "00ffa"));
  // '0' (0x30) and 0x10 differ in another bit than that of case.
  EXPECT_FALSE(is_same_digest("0", "\x10"));
  EXPECT_TRUE(is_same_digest("", ""));
}

}  // namespace
}  // namespace carillon::sip
