// SPDX-License-Identifier: Apache-2.0
// Workers that read from one database at once: connections are opened on its threads and used on theirs.
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "net/system_network.h"
#include "storage/database.h"
#include "storage/event_session_fixture.h"

namespace carillon::storage {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kWorkers = 2;

// Answers every statement with one row, on a thread a connection.
class EchoServer {
 public:
  std::unique_ptr<EventSession> connect() {
    const std::scoped_lock lock(mutex_);
    Wire& wire = wires_.emplace_back();
    auto session = std::make_unique<FakeSession>(wire);
    threads_.emplace_back([socket = std::exchange(wire.server, -1)] {
      std::array<char, 1000> bytes{};
      while (true) {
        const ssize_t length = ::read(socket, bytes.data(), 1);  // statements are a letter
        if (length <= 0 || ::send(socket, "rd", 2, MSG_NOSIGNAL) != 2) break;
      }
      ::close(socket);
    });
    return session;
  }

 private:
  std::mutex mutex_;
  std::list<Wire> wires_;
  std::vector<std::jthread> threads_;
};

class EchoConnection final : public Connection {
 public:
  base::Result<> select(const Select&, const RowFunction& on_row) override { return answer(on_row); }
  base::Result<> raw(const RawStatement&, const RowFunction& on_row) override { return answer(on_row); }
  base::Result<std::uint64_t> write(std::span<const Write>) override { return 0; }
  base::Result<> create_table(const TableSpec&) override { return {}; }
  base::Result<> drop_table(std::string_view) override { return {}; }
  base::Result<bool> has_table(std::string_view) override { return true; }

 private:
  static base::Result<> answer(const RowFunction& on_row) {
    TextRow row({{.name = "text"}});
    row.set(0, "r");
    on_row(row);
    return {};
  }
};

// Connections fail now and then.
class EchoDriver final : public Driver {
 public:
  explicit EchoDriver(EchoServer& server) : server_(server) {}

  [[nodiscard]] std::string_view scheme() const override { return "echo"; }
  [[nodiscard]] std::size_t connections() const override { return 4; }
  base::Result<std::unique_ptr<Connection>> connect(const Url&) override { return std::make_unique<EchoConnection>(); }
  [[nodiscard]] bool has_event_connections() const override { return true; }
  base::Result<std::unique_ptr<EventConnection>> connect_for_events(const Url&) override {
    if (opened_++ % 3 == 1) return base::fail("full", static_cast<int>(Fault::Unavailable));
    return std::make_unique<EventConnection>(server_.connect(), "echo", SqlSettings{});
  }
  base::Result<> create_database(const Url&) override { return {}; }

 private:
  EchoServer& server_;
  std::atomic<int> opened_ = 0;
};

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
