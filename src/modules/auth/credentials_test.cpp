// SPDX-License-Identifier: Apache-2.0
#include "modules/auth/credentials.h"

#include <gtest/gtest.h>

#include "modules/auth/auth_fixture.h"
#include "testing/simulation.h"

namespace carillon::auth {
namespace {

class CredentialsTest : public ::testing::Test {
 protected:
  std::expected<Credentials, Outcome> find(const std::string& authorization) {
    bytes_ = registration_with(authorization);
    static_cast<void>(message_.assign(bytes_));
    return find_credentials(message_, arena_, "example.org", Kind::Www, nonces_, signer_);
  }
  std::string nonce(sip::DigestAlgorithm algorithm) {
    return std::string(
        nonces_.make(signer_, {.algorithm = algorithm, .qop = QopOffer::Auth}, nonces_.next_number()).view());
  }

  testing::Simulation simulation_;
  Nonces nonces_{simulation_.shards(), simulation_.clock(), {}};
  NonceSigner signer_{nonces_.key()};
  base::Arena arena_{4096};
  std::string bytes_;
  sip::Message message_;
};

TEST_F(CredentialsTest, AreFoundWithTheirFields) {
  const std::string text = nonce(sip::DigestAlgorithm::Sha256);
  const auto found = find(answer_to(text, sip::DigestAlgorithm::Sha256, "secret"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->user, "alice");
  EXPECT_EQ(found->domain, "");
  EXPECT_EQ(found->algorithm, sip::DigestAlgorithm::Sha256);
  EXPECT_EQ(found->qop, sip::Qop::Auth);
  EXPECT_EQ(found->fields.nonce, text);
}

TEST_F(CredentialsTest, UserNamesHaveDomainsAndEscapes) {
  const auto text = nonce(sip::DigestAlgorithm::Md5);
  const auto header = [&](std::string_view name) {
    return fmt::format(
        "Digest username=\"{}\",realm=\"Example.ORG\",nonce=\"{}\",uri=\"sip:a\",qop=auth,nc=00000001,cnonce=\"a\","
        "response=\"00\"",
        name, text);
  };
  auto found = find(header("bob@example.net"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->user, "bob");
  EXPECT_EQ(found->domain, "example.net");
  EXPECT_TRUE(find(header("bob") + " , "));
  EXPECT_EQ(find(header("bob") + ",,").error(), Outcome::Error);
  found = find(header(R"(a\"b\\c)"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->user, R"(a"b\c)");
  EXPECT_EQ(found->fields.username, R"(a\"b\\c)");  // what the hash is over
  EXPECT_EQ(find(header("a\tb")).error(), Outcome::Error);
  EXPECT_EQ(find(header(std::string(257, 'x'))).error(), Outcome::Error);
  EXPECT_EQ(find(header("")).error(), Outcome::Error);
}

TEST_F(CredentialsTest, TheStrongestCounts) {
  const auto weak = answer_to(nonce(sip::DigestAlgorithm::Md5), sip::DigestAlgorithm::Md5, "secret");
  const auto strong = answer_to(nonce(sip::DigestAlgorithm::Sha512t256), sip::DigestAlgorithm::Sha512t256, "secret");
  for (const auto& both : {weak + "\r\nAuthorization: " + strong, strong + "\r\nAuthorization: " + weak}) {
    const auto found = find(both);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->algorithm, sip::DigestAlgorithm::Sha512t256);
  }
}

TEST_F(CredentialsTest, OneThatWillDoIsFoundAmongOthers) {
  const auto good = answer_to(nonce(sip::DigestAlgorithm::Md5), sip::DigestAlgorithm::Md5, "secret");
  const auto stale = answer_to(std::string(NonceText::kSize, 'A'), sip::DigestAlgorithm::Sha256, "secret");
  EXPECT_TRUE(find(stale + "\r\nAuthorization: Digest\r\nAuthorization: " + good));
  EXPECT_EQ(find(stale + "\r\nAuthorization: Digest x").error(), Outcome::StaleNonce);
  EXPECT_EQ(find("Digest x,,").error(), Outcome::Error);
  EXPECT_EQ(find("Digest realm=\"elsewhere\", nonce=\"1\"").error(), Outcome::NoCredentials);
  EXPECT_EQ(find("Digest realm=\"example.org\"").error(), Outcome::Error);
}

TEST_F(CredentialsTest, AFloodOfHeadersIsNotReadToItsEnd) {
  std::string many;
  for (std::size_t i = 0; i < kMostHeaders; ++i) many += "Digest x\r\nAuthorization: ";
  const auto good = answer_to(nonce(sip::DigestAlgorithm::Md5), sip::DigestAlgorithm::Md5, "secret");
  EXPECT_FALSE(find(many + good));
}

}  // namespace
}  // namespace carillon::auth
