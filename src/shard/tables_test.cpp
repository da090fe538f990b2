// SPDX-License-Identifier: Apache-2.0
// Process-wide state: partitioned tables with expiry, snapshots, shard locals and object pools.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "shard/object_pool.h"
#include "shard/partitioned_table.h"
#include "shard/shard_local.h"
#include "shard/snapshot.h"
#include "shard/workers.h"
#include "testing/fake_clock.h"

namespace carillon::shard {
namespace {

using namespace std::chrono_literals;

class PartitionedTableTest : public ::testing::Test {
 protected:
  void advance(base::Duration by) {
    clock_.advance(by);
    worker_.run_until_idle();
  }

  testing::FakeClock clock_;
  Shards shards_{clock_};
  ManualWorker worker_{shards_};
};

TEST_F(PartitionedTableTest, ChecksAndChangesInOneOperation) {
  PartitionedTable<std::string, int> table(shards_);
  const auto increment = [&](std::string_view key) {
    return table.with(key, [](auto& entry) {
      if (entry.value() == nullptr) entry.create(0);
      return ++*entry.value();
    });
  };
  EXPECT_EQ(increment("alice"), 1);
  EXPECT_EQ(increment("alice"), 2);
  EXPECT_EQ(increment("bob"), 1);
  EXPECT_EQ(table.size(), 2U);
  table.with("alice", [](auto& entry) { entry.erase(); });
  EXPECT_EQ(table.with("alice", [](auto& entry) { return entry.value(); }), nullptr);
  EXPECT_EQ(table.size(), 1U);
}

TEST_F(PartitionedTableTest, EntriesExpire) {
  PartitionedTable<int, std::string> table(shards_);
  for (int key = 0; key < 1000; ++key) {
    table.with(key, [&](auto& entry) {
      entry.create("nonce");
      entry.expire_at(clock_.now() + std::chrono::seconds(key + 1));
    });
  }
  advance(500s + 20ms);
  EXPECT_EQ(table.size(), 500U);
  table.with(999, [](auto& entry) { entry.never_expire(); });
  advance(1000s);
  EXPECT_EQ(table.size(), 1U);
  EXPECT_EQ(shards_.next_due(), base::TimePoint::max());
}

TEST_F(PartitionedTableTest, OnExpireMayKeepAnEntry) {
  std::vector<std::string> expired;
  PartitionedTable<std::string, int> table(shards_,
                                           [&](const std::string& key, int& left) -> std::optional<base::TimePoint> {
                                             expired.push_back(key);
                                             if (left-- > 0) return clock_.now() + 10s;
                                             return std::nullopt;
                                           });
  table.with("alice", [&](auto& entry) {
    entry.create(1);
    entry.expire_at(clock_.now() + 10s);
  });
  advance(10s + 20ms);
  EXPECT_EQ(table.size(), 1U);
  advance(10s + 20ms);
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(expired, (std::vector<std::string>{"alice", "alice"}));
}

TEST_F(PartitionedTableTest, AShorterTimeMovesTheWake) {
  PartitionedTable<int, int> table(shards_);
  const auto expire_in = [&](int key, base::Duration delay) {
    table.with(key, [&](auto& entry) {
      if (entry.value() == nullptr) entry.create(0);
      entry.expire_at(clock_.now() + delay);
    });
  };
  expire_in(1, 1h);
  expire_in(2, 1s);
  EXPECT_LE(shards_.next_due(), clock_.now() + 1s + 10ms);
  expire_in(1, 100ms);
  advance(120ms);
  EXPECT_EQ(table.size(), 1U);
}

TEST_F(PartitionedTableTest, PartitionsCoverTheTable) {
  PartitionedTable<int, int> table(shards_);
  for (int key = 0; key < 1000; ++key) table.with(key, [&](auto& entry) { entry.create(key * 2); });
  int seen = 0;
  std::size_t in_use = 0;
  for (std::size_t partition = 0; partition < table.partitions(); ++partition) {
    const int before = seen;
    table.for_each_in(partition, [&](int key, int& value) {
      EXPECT_EQ(value, key * 2);
      ++seen;
    });
    if (seen > before) ++in_use;
  }
  EXPECT_EQ(seen, 1000);
  EXPECT_EQ(in_use, table.partitions());
  std::size_t gone = 0;
  for (std::size_t partition = 0; partition < table.partitions(); ++partition)
    gone += table.erase_if_in(partition, [](int key, int&) { return key % 2 == 0; });
  EXPECT_EQ(gone, 500U);
  EXPECT_EQ(table.size(), 500U);
}

TEST_F(PartitionedTableTest, EnteringAShardWithTheLockHeldRunsLater) {
  PartitionedTable<int, int> table(shards_);
  bool ran = false;
  worker_.as_worker([&] {
    table.with(1, [&](auto&) {
      EXPECT_EQ(shards_.enter(5, [&](Shard&) { ran = true; }), Entry::Queued);
      EXPECT_FALSE(ran);
    });
  });
  worker_.run_until_idle();
  EXPECT_TRUE(ran);
}

using PartitionedTableDeathTest = PartitionedTableTest;
TEST_F(PartitionedTableDeathTest, LocksDoNotNest) {
  PartitionedTable<int, int> table(shards_);
  EXPECT_DEATH(table.with(1, [&](auto&) { table.with(2, [](auto&) {}); }), "locks == 0");
}

TEST(SnapshotTest, ReadersSeeWholeVersions) {
  Snapshot<int> snapshot(std::make_shared<const int>(1));
  Snapshot<int>::Reader reader;
  const auto old = reader.read(snapshot);
  EXPECT_EQ(*old, 1);
  snapshot.store(std::make_shared<const int>(2));
  EXPECT_EQ(*old, 1);
  EXPECT_EQ(*reader.read(snapshot), 2);
  EXPECT_EQ(*snapshot.load(), 2);
  EXPECT_EQ(old.use_count(), 1);
}

TEST(ShardLocalTest, OneForEachShard) {
  const testing::FakeClock clock;
  Shards shards(clock);
  ShardLocal<std::vector<int>> local;
  local[shards.shard(1)].push_back(1);
  EXPECT_EQ(local[shards.shard(1)].size(), 1U);
  EXPECT_TRUE(local[shards.shard(2)].empty());
  ShardLocal<std::unique_ptr<int>> made([](ShardId id) { return std::make_unique<int>(id); });
  EXPECT_EQ(*made[shards.shard(17)], 17);
}

TEST(ObjectPoolTest, HandlesNoticeThatTheirObjectIsGone) {
  ObjectPool<std::string, 4> pool;
  const PoolHandle first = pool.create("first");
  EXPECT_EQ(*pool.find(first), "first");
  pool.destroy(first);
  EXPECT_EQ(pool.find(first), nullptr);
  const PoolHandle second = pool.create("second");
  EXPECT_EQ(second.index, first.index);
  EXPECT_EQ(pool.find(first), nullptr);
  EXPECT_EQ(*pool.find(second), "second");
  EXPECT_EQ(pool.find(PoolHandle{}), nullptr);
  EXPECT_EQ(pool.find(PoolHandle{1000, 1}), nullptr);
}

TEST(ObjectPoolTest, AddressesStayWhileItGrowsAndAllAreDestroyed) {
  const auto counted = std::make_shared<int>(0);
  {
    ObjectPool<std::shared_ptr<int>, 4> pool;
    const PoolHandle first = pool.create(counted);
    auto* const address = pool.find(first);
    for (int i = 0; i < 100; ++i) static_cast<void>(pool.create(counted));
    EXPECT_EQ(pool.find(first), address);
    EXPECT_EQ(pool.size(), 101U);
    EXPECT_EQ(counted.use_count(), 102);
  }
  EXPECT_EQ(counted.use_count(), 1);
}

}  // namespace
}  // namespace carillon::shard
