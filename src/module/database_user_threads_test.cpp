// SPDX-License-Identifier: Apache-2.0
// Runs that read from a database while workers come and go: each goes on in its own shard.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "module/database_user.h"
#include "net/system_network.h"
#include "shard/workers.h"
#include "storage/echo_driver_fixture.h"
#include "transport/worker_loop.h"

namespace carillon::module {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kWorkers = 3;
constexpr unsigned kRuns = 500;
constexpr int kReads = 20;

base::Task<> read_often(const DatabaseUser& database, shard::Shard& shard, std::atomic<int>& rows) {
  for (int i = 0; i < kReads; ++i) {
    storage::Select query{.table = "q", .where = {{.column = "id", .value = std::int64_t{i}}}};
    const auto answer = co_await database.select(shard, std::move(query));
    EXPECT_EQ(shard::context.shard, &shard);
    EXPECT_TRUE(answer) << answer.error().message;
    if (answer) rows += static_cast<int>(answer->rows.size());
  }
}

TEST(DatabaseUserThreads, RunsGoOnInTheirShardsWhileWorkersComeAndGo) {
  const base::SystemClock clock;
  storage::EchoServer server;
  shard::Shards shards(clock);
  net::SystemNetwork network(kWorkers);
  storage::Databases databases({.network = &network, .worker_queries = {.connections = 3, .pause = 1ms}});
  databases.add_driver(std::make_unique<storage::EchoDriver>(server));
  DatabaseUser database;
  ASSERT_TRUE(database.open(shards, databases, "echo://host/name"));
  std::vector<std::unique_ptr<transport::WorkerLoop>> loops;
  std::vector<shard::Loop*> all;
  for (unsigned worker = 0; worker < kWorkers; ++worker) {
    all.push_back(loops.emplace_back(std::make_unique<transport::WorkerLoop>(network.loop(worker))).get());
  }
  shard::Workers workers(shards, all, {.window = 2ms, .activate_above = 0.05, .park_below = 0.5});
  workers.start();
  std::atomic<int> rows = 0;
  std::atomic<int> done = 0;
  for (int round = 1; round <= 3; ++round) {
    for (unsigned run = 0; run < kRuns; ++run) {
      shards.post(static_cast<shard::ShardId>(run % shard::kShards),
                  [&](shard::Shard& shard) { base::start(read_often(database, shard, rows), [&] { ++done; }); });
    }
    while (done < round * static_cast<int>(kRuns)) std::this_thread::yield();
  }
  workers.stop();
  EXPECT_EQ(rows, 3 * static_cast<int>(kRuns) * kReads);
  database.close();
}

}  // namespace
}  // namespace carillon::module
