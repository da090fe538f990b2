// SPDX-License-Identifier: Apache-2.0
#include "modules/auth/nonce.h"

#include <gtest/gtest.h>

#include "testing/simulation.h"

namespace carillon::auth {
namespace {

using namespace std::chrono_literals;

class NonceTest : public ::testing::Test {
 protected:
  // A server and its signer.
  struct Server {
    Server(testing::Simulation& simulation, const Nonces::Settings& settings)
        : nonces(simulation.shards(), simulation.clock(), settings), signer(nonces.key()) {}
    std::string make(const NonceScope& scope = {}) {
      return std::string(nonces.make(signer, scope, nonces.next_number()).view());
    }
    std::optional<Nonce> read(std::string_view text) { return nonces.read(signer, text); }

    Nonces nonces;
    NonceSigner signer;
  };

  testing::Simulation simulation_;
};

TEST_F(NonceTest, TellsWhatItWasMadeFor) {
  Server server(simulation_, {});
  const auto nonce = server.read(
      server.make({.algorithm = sip::DigestAlgorithm::Sha512t256Sess, .qop = QopOffer::Both, .kind = Kind::Proxy}));
  ASSERT_TRUE(nonce);
  EXPECT_EQ(nonce->scope.algorithm, sip::DigestAlgorithm::Sha512t256Sess);
  EXPECT_EQ(nonce->scope.qop, QopOffer::Both);
  EXPECT_EQ(nonce->scope.kind, Kind::Proxy);
}

TEST_F(NonceTest, IsGoodOnceAndForItsTime) {
  Server server(simulation_, {.lifetime = 30s});
  const auto first = server.read(server.make());
  const auto second = server.read(server.make());
  EXPECT_TRUE(server.nonces.is_fresh(*first));
  EXPECT_TRUE(server.nonces.use(*first));
  EXPECT_FALSE(server.nonces.is_fresh(*first));
  EXPECT_FALSE(server.nonces.use(*first));
  EXPECT_TRUE(server.nonces.is_fresh(*second));
  simulation_.advance(31s);
  EXPECT_FALSE(server.nonces.is_fresh(*second));
}

TEST_F(NonceTest, MayBeUsedAgainWhereThatIsAllowed) {
  Server server(simulation_, {.reusable = true});
  const auto nonce = server.read(server.make());
  EXPECT_TRUE(server.nonces.use(*nonce));
  EXPECT_TRUE(server.nonces.use(*nonce));
  EXPECT_TRUE(server.nonces.is_fresh(*nonce));
}

TEST_F(NonceTest, CannotBeMadeByOthers) {
  Server server(simulation_, {});
  Server other(simulation_, {});
  std::string nonce = server.make();
  EXPECT_FALSE(other.read(nonce));
  for (char& c : nonce) {
    const char before = c;
    c = c == 'A' ? 'B' : 'A';
    EXPECT_FALSE(server.read(nonce));
    c = before;
  }
  EXPECT_FALSE(server.read(""));
  EXPECT_FALSE(server.read(nonce + "A"));
  EXPECT_FALSE(server.read(nonce.substr(1)));
  EXPECT_FALSE(server.read(std::string(NonceText::kSize, '\0')));
}

TEST_F(NonceTest, IsKnownToServersWithTheSameSecret) {
  const Nonces::Settings settings{.secret = "a secret that two servers share"};
  Server one(simulation_, settings);
  Server other(simulation_, settings);
  simulation_.advance(1s);
  const auto nonce = other.read(one.make());
  ASSERT_TRUE(nonce);
  EXPECT_TRUE(other.nonces.is_fresh(*nonce));
  EXPECT_TRUE(other.nonces.use(*nonce));
  EXPECT_FALSE(other.nonces.use(*nonce));
  EXPECT_FALSE(other.nonces.is_fresh(*nonce));
}

TEST_F(NonceTest, OfBeforeARestartIsStale) {
  const Nonces::Settings settings{.secret = "a secret that two servers share"};
  Server before(simulation_, settings);
  const std::string nonce = before.make();
  Server after(simulation_, settings);
  const auto read = after.read(nonce);
  ASSERT_TRUE(read);
  EXPECT_FALSE(after.nonces.is_fresh(*read));
}

TEST(UsedNoncesTest, ForgetsNothingThatItAccepts) {
  UsedNonces used;
  EXPECT_FALSE(used.is_used(7));
  EXPECT_TRUE(used.use(7));
  EXPECT_TRUE(used.is_used(7));
  EXPECT_FALSE(used.is_used(8));
  // A round later the place is another number's; the old one counts as used, and so do its neighbours.
  EXPECT_TRUE(used.use(7 + UsedNonces::kWindow));
  EXPECT_TRUE(used.is_used(7));
  EXPECT_TRUE(used.is_used(8));
  EXPECT_FALSE(used.use(8));
  EXPECT_FALSE(used.is_used(8 + UsedNonces::kWindow));
}

}  // namespace
}  // namespace carillon::auth
