// SPDX-License-Identifier: Apache-2.0
// Short reads on a worker's own connections: which go where, and what becomes of them when a server is slow, or goes.
#include "storage/worker_queries.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "net/system_network.h"
#include "storage/event_session_fixture.h"
#include "testing/fake_clock.h"

namespace carillon::storage {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What became of a read, in words.
using Log = std::vector<std::string>;

class NotedRead final : public ReadJob {
 public:
  NotedRead(const std::string& text, Log& log, std::move_only_function<void()> then)
      : ReadJob(RawStatement{.text = text.contains(' ') ? text : "select " + text}),
        text_(text),
        log_(log),
        then_(std::move(then)) {}
  ~NotedRead() override {
    if (!finished_) log_.push_back(text_ + " dropped");
  }

  bool on_row(const Row&) override {
    ++rows_;
    return true;
  }
  void restart() override { rows_ = 0; }
  void finish(base::Result<> read) override {
    finished_ = true;
    log_.push_back(text_ + (read ? " " + std::to_string(rows_) : " " + read.error().message));
    if (then_) then_();
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  Log& log_;
  std::move_only_function<void()> then_;
  bool finished_ = false;
  int rows_ = 0;
};

class WorkerQueriesTest : public ::testing::Test, protected WorkerQueries::Threads {
 protected:
  ~WorkerQueriesTest() override {
    queries_.reset();
    for (auto& wire : wires_) {
      if (wire->server >= 0) wire->hang_up();
    }
  }

  void make(const WorkerQueryLimits& limits) {
    WorkerQueries::Threads& threads = *this;
    queries_ = std::make_shared<WorkerQueries>(network_.loop(0), threads, limits, clock_);
  }

  void read(const std::string& text, std::move_only_function<void()> then = {}) {
    queries_->read(std::make_unique<NotedRead>(text, log_, std::move(then)));
  }
  void read_by_threads(std::unique_ptr<ReadJob> job) override {
    by_threads_.push_back(dynamic_cast<NotedRead&>(*job).text());
    job->finish({});
  }
  base::Result<> open_by_thread(Opened opened) override {
    openings_.push_back(std::move(opened));
    return {};
  }

  // Rounds of the loop until nothing happens in it any more.
  void run() {
    for (int quiet = 0; quiet < 3; ++quiet) network_.loop(0).run_once(1ms);
  }
  void run_until(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      network_.loop(0).run_once(10ms);
    }
  }
  // The connection asked for last stands.
  Wire& connect() {
    Wire& wire = *wires_.emplace_back(std::make_unique<Wire>());
    auto session = std::make_unique<FakeSession>(wire);
    EXPECT_FALSE(openings_.empty());
    Opened opened = std::move(openings_.back());
    openings_.pop_back();
    opened(std::make_unique<EventConnection>(std::move(session), "fake", SqlSettings{}));
    run();
    return wire;
  }
  // The one read by threads, and what it says in the log, are of no interest.
  Wire& first_connection() {
    read("first");
    Wire& wire = connect();
    by_threads_.clear();
    log_.clear();
    return wire;
  }

  testing::FakeClock clock_;
  net::SystemNetwork network_{1};
  Log log_;
  std::vector<std::string> by_threads_;
  std::vector<Opened> openings_;
  std::vector<std::unique_ptr<Wire>> wires_;
  std::shared_ptr<WorkerQueries> queries_;
};

TEST_F(WorkerQueriesTest, ReadsByThreadsUntilAConnectionStands) {
  make({});
  read("one");
  read("two");
  EXPECT_THAT(by_threads_, ElementsAre("one", "two"));
  EXPECT_EQ(openings_.size(), 1U) << "one at a time";
  const Wire& wire = connect();
  read("three");
  EXPECT_EQ(wire.asked(), "three");
  wire.answer("rrd");
  run();
  EXPECT_THAT(log_, ElementsAre("one 0", "two 0", "three 2"));
  read("four");
  EXPECT_EQ(wire.asked(), "four");
  wire.answer("x");
  run();
  EXPECT_EQ(log_.back(), "four it is wrong");
  read("five");
  EXPECT_EQ(wire.asked(), "five") << "an error of the statement is none of the connection";
}

TEST_F(WorkerQueriesTest, RowsMayComeInPieces) {
  make({});
  const Wire& wire = first_connection();
  read("slow");
  for (const char* piece : {"r", "rr", "r", "d"}) {
    wire.answer(piece);
    run();
  }
  EXPECT_THAT(log_, ElementsAre("slow 4"));
}

TEST_F(WorkerQueriesTest, QueuesForABusyConnectionAndOpensAnother) {
  make({.connections = 2, .queued = 2});
  const Wire& first = first_connection();
  read("a");
  read("b");
  read("c");
  read("d");
  EXPECT_THAT(by_threads_, ElementsAre("d")) << "the queue is full";
  EXPECT_EQ(queries_->queued(), 2U);
  const Wire& second = connect();
  EXPECT_EQ(second.asked(), "b") << "served by the one that came";
  first.answer("d");
  run();
  EXPECT_EQ(first.asked(), "ac");
  second.answer("d");
  first.answer("d");
  run();
  EXPECT_THAT(log_, ::testing::UnorderedElementsAre("a 0", "b 0", "c 0", "d 0"));
  read("e");
  read("f");
  read("g");
  EXPECT_THAT(openings_, IsEmpty()) << "no more than two";
}

TEST_F(WorkerQueriesTest, WhoWaitedTooLongGoesToTheThreads) {
  make({.connections = 1});
  const Wire& wire = first_connection();
  read("slow");
  read("patient");
  run();
  EXPECT_THAT(by_threads_, IsEmpty());
  clock_.advance(200ms);
  run_until([&] { return !by_threads_.empty(); });
  EXPECT_THAT(by_threads_, ElementsAre("patient"));
  wire.answer("d");
  run();
  EXPECT_EQ(wire.asked(), "slow");
}

TEST_F(WorkerQueriesTest, AConnectionThatDoesNotAnswerIsDropped) {
  make({.connections = 1});
  const Wire& wire = first_connection();
  read("hung");
  clock_.advance(9s);
  run();
  EXPECT_THAT(log_, IsEmpty());
  clock_.advance(1s);
  run_until([&] { return !log_.empty(); });
  EXPECT_THAT(log_, ElementsAre("hung no answer"));
  EXPECT_TRUE(wire.gone);
  EXPECT_EQ(queries_->connections(), 0U);
  read("next");
  EXPECT_THAT(by_threads_, ElementsAre("next"));
  EXPECT_EQ(openings_.size(), 1U) << "another is opened";
}

TEST_F(WorkerQueriesTest, WhatGotNoAnswerIsTriedAgainByThreads) {
  make({.connections = 1});
  Wire& wire = first_connection();
  read("lost");
  read("behind");
  wire.answer("rr");
  run();
  wire.hang_up();
  run();
  EXPECT_THAT(by_threads_, ::testing::UnorderedElementsAre("lost", "behind"));
  EXPECT_THAT(log_, ::testing::UnorderedElementsAre("lost 0", "behind 0")) << "the rows so far don't count";
  EXPECT_TRUE(wire.gone);
}

TEST_F(WorkerQueriesTest, WhatMayHaveBeenDoneIsNotTriedAgain) {
  make({.connections = 1});
  Wire& wire = first_connection();
  read("update things");
  EXPECT_EQ(wire.asked(), "things");
  wire.hang_up();
  run();
  EXPECT_THAT(by_threads_, IsEmpty());
  EXPECT_THAT(log_, ElementsAre("update things lost; whether it was done is unknown"));
}

TEST_F(WorkerQueriesTest, AServerMaySayGoodbyeAtAnyTime) {
  make({.connections = 1});
  Wire& wire = first_connection();
  wire.hang_up();
  run_until([&] { return wire.gone; });  // seen by the next look at those that idle
  EXPECT_EQ(queries_->connections(), 0U);
  read("next");
  Wire& another = connect();
  another.hang_up();  // what is sent now is lost
  read("lost");
  EXPECT_THAT(by_threads_, ElementsAre("next", "lost"));
}

TEST_F(WorkerQueriesTest, TriesToConnectNowAndThen) {
  make({});
  read("a");
  openings_.back()(base::fail("full", static_cast<int>(Fault::Unavailable)));
  openings_.clear();
  run();
  read("b");
  EXPECT_THAT(openings_, IsEmpty());
  clock_.advance(1s);
  read("c");
  ASSERT_EQ(openings_.size(), 1U);
  openings_.back()(base::fail("not that", static_cast<int>(Fault::Unsupported)));
  openings_.clear();
  run();
  clock_.advance(1h);
  read("d");
  EXPECT_THAT(openings_, IsEmpty()) << "it never will";
  EXPECT_THAT(by_threads_, ElementsAre("a", "b", "c", "d"));
}

TEST_F(WorkerQueriesTest, ClosesWhatNobodyNeeds) {
  make({.connections = 3, .idle = 80ms});
  const Wire& first = first_connection();
  read("a");
  read("b");
  const Wire& second = connect();
  first.answer("d");
  second.answer("d");
  run();
  EXPECT_EQ(queries_->connections(), 2U);
  bool seen = false;  // that they were used
  network_.loop(0).watcher()->call_after(100ms, [&] { seen = true; });
  run_until([&] { return seen; });
  clock_.advance(81ms);
  run_until([&] { return queries_->connections() == 1; });
  EXPECT_TRUE(first.gone) << "the first that is free is the last";
  EXPECT_FALSE(second.gone);
}

TEST_F(WorkerQueriesTest, WhoIsAnsweredMayAskAgain) {
  make({.connections = 1});
  const Wire& wire = first_connection();
  read("one", [this] { read("two", [this] { read("three"); }); });
  wire.answer("d");
  run();
  EXPECT_EQ(wire.asked(), "onetwo");
  wire.answer("d");
  run();
  EXPECT_EQ(wire.asked(), "three");
  EXPECT_THAT(log_, ElementsAre("one 0", "two 0"));
}

TEST_F(WorkerQueriesTest, EndsWithReadsUnderWay) {
  make({.connections = 1});
  const Wire& wire = first_connection();
  read("asked");
  read("queued");
  queries_.reset();
  EXPECT_THAT(log_, ::testing::UnorderedElementsAre("asked dropped", "queued dropped"));
  EXPECT_TRUE(wire.gone);
  run();
}

TEST_F(WorkerQueriesTest, AConnectionThatComesTooLateIsClosed) {
  make({});
  read("a");
  Opened opened = std::move(openings_.back());
  queries_.reset();
  Wire wire;
  opened(std::make_unique<EventConnection>(std::make_unique<FakeSession>(wire), "fake", SqlSettings{}));
  run();
  EXPECT_TRUE(wire.gone);
  wire.hang_up();
}

}  // namespace
}  // namespace carillon::storage
