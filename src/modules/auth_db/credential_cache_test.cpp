// SPDX-License-Identifier: Apache-2.0
#include "modules/auth_db/credential_cache.h"

#include <gtest/gtest.h>

#include "testing/simulation.h"

namespace carillon::auth_db {
namespace {

using namespace std::chrono_literals;

class CredentialCacheTest : public ::testing::Test {
 protected:
  static std::string key(std::string_view user, sip::DigestHash hash = sip::DigestHash::Md5) {
    return CredentialCache::key_of("subscriber", "example.org", "example.org", user, hash);
  }
  void add(std::string_view user, std::string_view ha1) {
    cache_.add(key(user), user, {.ha1 = sip::HexDigest(ha1), .loaded = nullptr});
  }

  testing::Simulation simulation_;
  CredentialCache cache_{simulation_.shards(), simulation_.clock(), 60s, 3};
};

TEST_F(CredentialCacheTest, KeepsWhatItIsGivenForItsTime) {
  add("alice", "aa");
  ASSERT_TRUE(cache_.find(key("alice")));
  EXPECT_EQ(cache_.find(key("alice"))->ha1.view(), "aa");
  add("alice", "bb");
  EXPECT_EQ(cache_.find(key("alice"))->ha1.view(), "bb");
  EXPECT_EQ(cache_.size(), 1U);
  EXPECT_FALSE(cache_.find(key("alice", sip::DigestHash::Sha256)));
  simulation_.advance(61s);
  EXPECT_FALSE(cache_.find(key("alice")));
  EXPECT_EQ(cache_.size(), 0U);
}

TEST_F(CredentialCacheTest, HasABound) {
  for (const std::string_view user : {"a", "b", "c", "d"}) add(user, "aa");
  EXPECT_EQ(cache_.size(), 3U);
  EXPECT_FALSE(cache_.find(key("d")));
  // Whom it knows it may know better.
  add("a", "bb");
  EXPECT_EQ(cache_.find(key("a"))->ha1.view(), "bb");
}

TEST_F(CredentialCacheTest, ForgetsOneUserOrAll) {
  for (const std::string_view user : {"a", "b", "c"}) add(user, "aa");
  EXPECT_EQ(cache_.flush("b"), 1U);
  EXPECT_FALSE(cache_.find(key("b")));
  EXPECT_EQ(cache_.flush("nobody"), 0U);
  EXPECT_EQ(cache_.flush(""), 2U);
  EXPECT_EQ(cache_.size(), 0U);
  cache_.remove(key("a"));
}

TEST_F(CredentialCacheTest, KeysTellTheirPartsApart) {
  using sip::DigestHash;
  EXPECT_NE(CredentialCache::key_of("ab", "c", "d", "e", DigestHash::Md5),
            CredentialCache::key_of("a", "bc", "d", "e", DigestHash::Md5));
}

}  // namespace
}  // namespace carillon::auth_db
