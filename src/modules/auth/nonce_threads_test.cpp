// SPDX-License-Identifier: Apache-2.0
// One nonce on several workers at once: one of them may use it.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "modules/auth/nonce.h"
#include "testing/fake_clock.h"

namespace carillon::auth {
namespace {

constexpr int kThreads = 4;
constexpr int kNonces = 2'000;

// How often the nonces that `maker` makes could be used at `user`, by several threads that all try each of them.
int uses(Nonces& maker, Nonces& user) {
  std::vector<std::string> nonces;
  NonceSigner signer(maker.key());
  for (int i = 0; i < kNonces; ++i) nonces.emplace_back(maker.make(signer, {}, maker.next_number()).view());
  std::atomic<int> used{0};
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      NonceSigner own_signer(user.key());
      for (const std::string& text : nonces) {
        const auto nonce = user.read(own_signer, text);
        if (nonce && user.is_fresh(*nonce) && user.use(*nonce)) used.fetch_add(1);
      }
    });
  }
  threads.clear();
  return used;
}

class NonceThreadsTest : public ::testing::Test {
 protected:
  testing::FakeClock clock_;
  shard::Shards shards_{clock_};
};

TEST_F(NonceThreadsTest, OwnNoncesAreUsedOnce) {
  Nonces nonces(shards_, clock_, {});
  EXPECT_EQ(uses(nonces, nonces), kNonces);
}

TEST_F(NonceThreadsTest, NoncesOfOthersAreUsedOnce) {
  const Nonces::Settings settings{.secret = "a secret that two servers share"};
  Nonces one(shards_, clock_, settings);
  Nonces other(shards_, clock_, settings);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(uses(one, other), kNonces);
}

TEST_F(NonceThreadsTest, NumbersAreGivenOutOnce) {
  Nonces nonces(shards_, clock_, {});
  std::vector<std::vector<std::uint64_t>> numbers(kThreads);
  std::vector<std::jthread> threads;
  for (auto& own : numbers) {
    threads.emplace_back([&] {
      for (int i = 0; i < kNonces; ++i) own.push_back(nonces.next_number());
    });
  }
  threads.clear();
  std::vector<bool> seen(static_cast<std::size_t>(kThreads) * kNonces);
  for (const auto& own : numbers) {
    for (const std::uint64_t number : own) {
      ASSERT_LT(number, seen.size());
      EXPECT_FALSE(seen[number]);
      seen[number] = true;
    }
  }
}

}  // namespace
}  // namespace carillon::auth
