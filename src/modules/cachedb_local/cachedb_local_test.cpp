// SPDX-License-Identifier: Apache-2.0
// What a collection keeps, for how long and how much of it.
#include "modules/cachedb_local/cachedb_local.h"

#include <gtest/gtest.h>

#include "storage/driver.h"
#include "testing/simulation.h"

namespace carillon::cachedb_local {
namespace {

using namespace std::chrono_literals;

class LocalStoreTest : public ::testing::Test {
 protected:
  carillon::testing::Simulation simulation_;
  std::shared_ptr<Room> room_ = std::make_shared<Room>(1 << 20);
  LocalStore store_{"default", simulation_.shards(), room_};
};

TEST_F(LocalStoreTest, KeepsValuesUntilTheyExpire) {
  ASSERT_TRUE(store_.set("short", "1", 10s).has_value());
  ASSERT_TRUE(store_.set("long", "2", 0s).has_value());
  EXPECT_EQ(store_.get("short").value(), "1");
  simulation_.advance(11s);
  EXPECT_EQ(store_.get("short").value(), std::nullopt);
  EXPECT_EQ(store_.get("long").value(), "2");
  EXPECT_TRUE(store_.remove("long").value());
  EXPECT_FALSE(store_.remove("long").value());
  EXPECT_EQ(room_->used.load(), 0U);
}

TEST_F(LocalStoreTest, StoringAnewWithoutALifetimeKeepsIt) {
  ASSERT_TRUE(store_.set("key", "1", 10s).has_value());
  ASSERT_TRUE(store_.set("key", "2", 0s).has_value());
  simulation_.advance(11s);
  EXPECT_EQ(store_.get("key").value(), "2");
}

TEST_F(LocalStoreTest, CountsWithoutWrapping) {
  EXPECT_EQ(store_.add("n", 5, 0s).value(), 5);
  EXPECT_EQ(store_.add("n", -7, 0s).value(), -2);
  EXPECT_EQ(store_.counter("n").value(), -2);
  EXPECT_EQ(store_.counter("absent").value(), std::nullopt);
  ASSERT_TRUE(store_.set("n", "9223372036854775807", 0s).has_value());
  EXPECT_FALSE(store_.add("n", 1, 0s).has_value());
  ASSERT_TRUE(store_.set("n", "ten", 0s).has_value());
  EXPECT_FALSE(store_.add("n", 1, 0s).has_value());
  EXPECT_FALSE(store_.counter("n").has_value());
}

TEST_F(LocalStoreTest, KeepsNamedValues) {
  ASSERT_TRUE(store_.set_map("m", {{"a", "1"}, {"b", "2"}}, 10s).has_value());
  ASSERT_TRUE(store_.set_map("m", {{"b", "3"}}, 0s).has_value());
  EXPECT_EQ(store_.map("m").value(), (storage::Pairs{{"a", "1"}, {"b", "3"}}));
  EXPECT_FALSE(store_.get("m").has_value());
  EXPECT_FALSE(store_.add("m", 1, 0s).has_value());
  EXPECT_TRUE(store_.remove_of_map("m", "a").value());
  EXPECT_FALSE(store_.remove_of_map("m", "a").value());
  EXPECT_TRUE(store_.remove_of_map("m", "b").value());
  EXPECT_TRUE(store_.map("m").value().empty());
  EXPECT_EQ(store_.size(), 0U);
  EXPECT_EQ(room_->used.load(), 0U);
}

TEST_F(LocalStoreTest, LeasesBelongToOneAtATime) {
  EXPECT_TRUE(store_.take_lease("ping", "a", 5s).value());
  EXPECT_FALSE(store_.take_lease("ping", "b", 5s).value());
  EXPECT_TRUE(store_.take_lease("ping", "a", 5s).value());
  simulation_.advance(6s);
  EXPECT_TRUE(store_.take_lease("ping", "b", 5s).value());
  ASSERT_TRUE(store_.end_lease("ping", "a").has_value());
  EXPECT_FALSE(store_.take_lease("ping", "a", 5s).value());
  ASSERT_TRUE(store_.end_lease("ping", "b").has_value());
  EXPECT_TRUE(store_.take_lease("ping", "a", 5s).value());
}

TEST_F(LocalStoreTest, RefusesWhatIsBeyondItsMemory) {
  const std::string large(400'000, 'x');
  EXPECT_TRUE(store_.set("a", large, 0s).has_value());
  EXPECT_TRUE(store_.set("b", large, 0s).has_value());
  const auto third = store_.set("c", large, 0s);
  ASSERT_FALSE(third.has_value());
  EXPECT_EQ(third.error().code, static_cast<int>(storage::Fault::Busy));
  EXPECT_TRUE(store_.set("a", "small", 0s).has_value());
  EXPECT_TRUE(store_.set("c", large, 0s).has_value());
}

TEST_F(LocalStoreTest, HasNoLanguageOfItsOwn) {
  EXPECT_EQ(store_.raw("GET a").error().code, static_cast<int>(storage::Fault::Unsupported));
  EXPECT_EQ(store_.command({{"GET", "a"}}).error().code, static_cast<int>(storage::Fault::Unsupported));
  EXPECT_FALSE(store_.subscribe("channel").has_value());
  store_.close();
  EXPECT_EQ(store_.get("a").error().code, static_cast<int>(storage::Fault::Unavailable));
}

}  // namespace
}  // namespace carillon::cachedb_local
