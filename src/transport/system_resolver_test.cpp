// SPDX-License-Identifier: Apache-2.0
#include "transport/system_resolver.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

#include "shard/workers.h"
#include "testing/fake_clock.h"

namespace carillon::transport {
namespace {

using Addresses = Resolver::Addresses;
using Answer = base::Result<Addresses>;
using std::chrono::seconds;

const base::IpAddress kAddress = *base::IpAddress::parse("192.0.2.9");

// A name server that answers what it is told to, when it is told to.
class SystemResolverTest : public ::testing::Test {
 protected:
  ~SystemResolverTest() override { pool_.stop(seconds(10)); }

  SystemResolver& make(const SystemResolver::Options& options = {}) {
    resolver_ = std::make_unique<SystemResolver>(pool_, shards_, options, [this](const std::string& host) -> Answer {
      ++lookups_;
      if (gate_.valid()) gate_.wait();
      if (host == "unknown.example.org") return base::fail(host + ": not found");
      return Addresses{kAddress};
    });
    return *resolver_;
  }
  std::future<Answer> resolve(const std::string& host) {
    auto promise = std::make_shared<std::promise<Answer>>();
    resolver_->resolve(host, [promise](Answer answer) { promise->set_value(std::move(answer)); });
    return promise->get_future();
  }
  void advance(base::Duration by) {
    clock_.advance(by);
    worker_.run_until_idle();
  }

  testing::FakeClock clock_;
  shard::Shards shards_{clock_};
  shard::ManualWorker worker_{shards_};
  storage::Pool pool_{storage::Pool::Limits{}};
  std::atomic<int> lookups_{0};
  std::promise<void> open_gate_;
  std::shared_future<void> gate_;
  std::unique_ptr<SystemResolver> resolver_;
};

TEST_F(SystemResolverTest, AnAnswerIsKeptForAWhile) {
  make();
  EXPECT_FALSE(resolver_->cached("example.org"));
  EXPECT_EQ(resolve("example.org").get().value(), Addresses{kAddress});
  EXPECT_EQ(resolver_->cached("Example.ORG").value().value(), Addresses{kAddress});
  EXPECT_EQ(resolve("EXAMPLE.org").get().value(), Addresses{kAddress});
  EXPECT_EQ(lookups_, 1);
  advance(seconds(29));
  EXPECT_TRUE(resolver_->cached("example.org"));
  advance(seconds(2));
  EXPECT_FALSE(resolver_->cached("example.org"));
}

TEST_F(SystemResolverTest, AFailureIsKeptForAShorterOne) {
  make();
  EXPECT_FALSE(resolve("unknown.example.org").get().has_value());
  ASSERT_TRUE(resolver_->cached("unknown.example.org"));
  EXPECT_FALSE(resolver_->cached("unknown.example.org")->has_value());
  advance(seconds(6));
  EXPECT_FALSE(resolver_->cached("unknown.example.org"));
}

TEST_F(SystemResolverTest, ThoseWhoAskForTheSameNameShareOneLookup) {
  gate_ = open_gate_.get_future().share();
  make();
  auto first = resolve("example.org");
  auto second = resolve("example.org");
  EXPECT_FALSE(resolver_->cached("example.org"));
  open_gate_.set_value();
  EXPECT_TRUE(first.get().has_value());
  EXPECT_TRUE(second.get().has_value());
  EXPECT_EQ(lookups_, 1);
}

// Danger 8: what strangers can make grow is bounded.
TEST_F(SystemResolverTest, LookupsInFlightAreBounded) {
  gate_ = open_gate_.get_future().share();
  make({.in_flight = 2});
  auto first = resolve("a.example.org");
  auto second = resolve("b.example.org");
  const Answer refused = resolve("c.example.org").get();
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("c.example.org"), std::string::npos);
  EXPECT_FALSE(resolver_->cached("c.example.org"));
  open_gate_.set_value();
  EXPECT_TRUE(first.get().has_value());
  EXPECT_TRUE(second.get().has_value());
  EXPECT_TRUE(resolve("c.example.org").get().has_value());
}

TEST_F(SystemResolverTest, AFullCacheStillAnswers) {
  make({.cache_size = 1});
  EXPECT_TRUE(resolve("a.example.org").get().has_value());
  EXPECT_TRUE(resolve("b.example.org").get().has_value());
  EXPECT_TRUE(resolver_->cached("a.example.org"));
  EXPECT_FALSE(resolver_->cached("b.example.org"));
}

TEST_F(SystemResolverTest, APoolThatHasStoppedIsAnError) {
  make();
  pool_.stop(seconds(1));
  EXPECT_FALSE(resolve("example.org").get().has_value());
}

TEST_F(SystemResolverTest, TheSystemKnowsLocalhost) {
  resolver_ = std::make_unique<SystemResolver>(pool_, shards_, SystemResolver::Options{});
  const Answer answer = resolve("localhost").get();
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_TRUE(answer->front().is_loopback());
}

TEST_F(SystemResolverTest, TheSystemDoesNotKnowAnInvalidName) {
  resolver_ = std::make_unique<SystemResolver>(pool_, shards_, SystemResolver::Options{});
  EXPECT_FALSE(resolve("no such name.invalid").get().has_value());
}

}  // namespace
}  // namespace carillon::transport
