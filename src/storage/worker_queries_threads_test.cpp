// SPDX-License-Identifier: Apache-2.0
// Workers that read from one database at once: connections are opened on its threads and used on theirs.
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "net/system_network.h"
#include "storage/database.h"
#include "storage/echo_driver_fixture.h"

namespace carillon::storage {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kWorkers = 2;

class Counted final : public ReadJob {
 public:
  Counted(std::atomic<int>& rows, std::atomic<int>& answers)
      : ReadJob(RawStatement{.text = "select q"}), rows_(rows), answers_(answers) {}
  bool on_row(const Row&) override {
    ++seen_;
    return true;
  }
  void restart() override { seen_ = 0; }
  void finish(base::Result<> read) override {
    EXPECT_TRUE(read) << read.error().message;
    rows_ += seen_;
    ++answers_;
  }

 private:
  std::atomic<int>& rows_;
  std::atomic<int>& answers_;
  int seen_ = 0;
};

// Runs the loops, each on its thread, while it lives.
class Workers {
 public:
  explicit Workers(net::SystemNetwork& network) : network_(network) {
    for (unsigned worker = 0; worker < kWorkers; ++worker) {
      threads_.emplace_back([this, worker] {
        while (!stop_) network_.loop(worker).run_once(base::Duration::max());
      });
    }
  }
  ~Workers() {
    stop_ = true;
    for (unsigned worker = 0; worker < kWorkers; ++worker) network_.loop(worker).wake();
  }

 private:
  net::SystemNetwork& network_;
  std::atomic<bool> stop_ = false;
  std::vector<std::jthread> threads_;
};

// Until each worker has a connection. Returns how many reads that took.
int warm_up(net::SystemNetwork& network, Database& database, std::atomic<int>& rows, std::atomic<int>& answers) {
  int reads = 0;
  for (unsigned worker = 0; worker < kWorkers; ++worker) {
    std::atomic<bool> connected = false;
    for (; !connected; ++reads) {
      std::latch asked(1);
      network.loop(worker).post([&] {
        database.read(worker, std::make_unique<Counted>(rows, answers));
        connected = database.worker_connections(worker) > 0;
        asked.count_down();
      });
      asked.wait();
    }
  }
  return reads;
}

TEST(WorkerQueriesThreads, WorkersReadAtOnce) {
  constexpr int kBatches = 50;
  constexpr int kReads = 40;
  EchoServer server;
  net::SystemNetwork network(kWorkers);
  Databases databases({.network = &network, .worker_queries = {.connections = 3, .queued = 8, .pause = 1ms}});
  databases.add_driver(std::make_unique<EchoDriver>(server));
  auto database = databases.open("echo://host/name").value();
  std::atomic<int> rows = 0;
  std::atomic<int> answers = 0;
  {
    const Workers workers(network);
    int expected = warm_up(network, *database, rows, answers);
    for (int batch = 1; batch <= kBatches; ++batch) {
      for (unsigned worker = 0; worker < kWorkers; ++worker) {
        network.loop(worker).post([&, worker] {
          for (int i = 0; i < kReads; ++i) database->read(worker, std::make_unique<Counted>(rows, answers));
        });
      }
      expected += kReads * static_cast<int>(kWorkers);
      while (batch % 5 == 0 && answers < expected) std::this_thread::yield();
    }
  }
  EXPECT_EQ(rows, answers) << "each has its row once";
  database.reset();  // its connections end before the server's threads
}

TEST(WorkerQueriesThreads, EndsWhileReadsAreUnderWay) {
  EchoServer server;
  net::SystemNetwork network(kWorkers);
  Databases databases({.network = &network, .worker_queries = {.connections = 2, .pause = 1ms}});
  databases.add_driver(std::make_unique<EchoDriver>(server));
  auto database = databases.open("echo://host/name").value();
  std::atomic<int> rows = 0;
  std::atomic<int> answers = 0;
  {
    const Workers workers(network);
    static_cast<void>(warm_up(network, *database, rows, answers));
    for (unsigned worker = 0; worker < kWorkers; ++worker) {
      network.loop(worker).post([&, worker] {
        for (int i = 0; i < 1000; ++i) database->read(worker, std::make_unique<Counted>(rows, answers));
      });
    }
    while (answers < 100) std::this_thread::yield();
  }
  database.reset();
  EXPECT_EQ(rows, answers);
}

}  // namespace
}  // namespace carillon::storage
