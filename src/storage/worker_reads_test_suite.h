// SPDX-License-Identifier: Apache-2.0
// What is demanded of drivers with event connections: reads by a worker's loop give what reads by threads give, from a
// server that is well, slow, hung, or dead. A driver's test includes this and instantiates WorkerReadsTest.
#pragma once

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/system_network.h"
#include "storage/server_test_suite.h"

namespace carillon::storage {

// The test's thread is the worker.
class WorkerReadsTest : public ::testing::TestWithParam<ServerUnderTest> {
 protected:
  using Answer = std::optional<base::Result<ResultSet>>;

  class Read final : public ReadJob {
   public:
    Read(Statement statement, std::size_t max_rows, std::function<void(base::Result<ResultSet>)> done)
        : ReadJob(std::move(statement)), rows_(max_rows), done_(std::move(done)) {}

    bool on_row(const Row& row) override { return rows_.add(row); }
    void restart() override { rows_.clear(); }
    void finish(base::Result<> read) override { done_(rows_.finish(std::move(read))); }

   private:
    RowCollector rows_;
    std::function<void(base::Result<ResultSet>)> done_;
  };

  void SetUp() override {
    url_ = GetParam().fresh_url();
    GetParam().provide(url_);
    open(10);
    auto made = database_->create_table(kThings);
    ASSERT_TRUE(made) << made.error().message;
  }

  // With a time limit for statements, in seconds.
  void open(int query_timeout) {
    database_.reset();
    databases_.emplace(Database::Limits{
        .connections = {.first_pause = std::chrono::milliseconds(20), .longest_pause = std::chrono::milliseconds(100)},
        .network = &network_,
        .worker_queries = {.pause = std::chrono::milliseconds(20)}});
    databases_->add_driver(GetParam().make(1, query_timeout));
    auto opened = databases_->create(url_);
    ASSERT_TRUE(opened) << opened.error().message;
    database_ = *opened;
  }

  static constexpr Column kColumns[] = {
      integer("id"),    character("name", 64).null(), text("long_text").null(), big_integer("big").null(),
      real("q").null(), date_time("moment").null(),   blob("bytes").null(),
  };
  static constexpr Key kKeys[] = {{KeyKind::Primary, "id"}};
  static constexpr TableSpec kThings{
      .name = "things", .version = 1, .group = "test", .columns = kColumns, .keys = kKeys};

  void insert(std::vector<Value> cells) {
    const Insert row{
        .table = "things",
        .rows = {.columns = {"id", "name", "long_text", "big", "q", "moment", "bytes"}, .values = std::move(cells)}};
    auto written = database_->write(row);
    ASSERT_TRUE(written) << written.error().message;
  }
  void insert_number(std::int64_t id) { insert({id, std::to_string(id), Null{}, id, Null{}, Null{}, Null{}}); }

  static Select by_id(std::int64_t id) { return {.table = "things", .where = {{.column = "id", .value = id}}}; }
  static RawStatement sleep(double seconds) {
    return {.text = GetParam().sleep.first + std::to_string(seconds) + GetParam().sleep.second};
  }

  // Begins; `answer` stays until it is there.
  void begin(ReadJob::Statement statement, Answer& answer, std::size_t max_rows = 100) {
    // On the loop's thread, also from a thread of the database.
    auto done = [this, &answer](base::Result<ResultSet> got) {
      network_.loop(0).post([&answer, got = std::move(got)]() mutable { answer.emplace(std::move(got)); });
    };
    database_->read(0, std::make_unique<Read>(std::move(statement), max_rows, std::move(done)));
  }
  base::Result<ResultSet> read(ReadJob::Statement statement, std::size_t max_rows = 100) {
    Answer answer;
    begin(std::move(statement), answer, max_rows);
    run_until([&] { return answer.has_value(); });
    return *answer;
  }
  void run_until(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) FAIL() << "nothing comes";
      network_.loop(0).run_once(std::chrono::milliseconds(10));
    }
  }
  // Until reads are served by connections of the worker: the threads of the database are never needed then.
  void warm_up(std::size_t connections = 1) {
    run_until([&] {
      std::vector<Answer> answers(connections + 1);
      for (Answer& answer : answers) begin(by_id(0), answer);
      run_until([&] { return std::ranges::all_of(answers, [](const Answer& answer) { return answer.has_value(); }); });
      return database_->worker_connections(0) >= connections;
    });
  }
  static Fault fault(const base::Result<ResultSet>& result) {
    if (result) {
      ADD_FAILURE() << "it succeeded";
      return Fault::Other;
    }
    return Database::fault_of(result.error());
  }
  static std::string message(const base::Result<ResultSet>& result) {
    return result ? std::string("it succeeded") : result.error().message;
  }

  std::string url_;
  net::SystemNetwork network_{1};
  std::optional<Databases> databases_;
  std::shared_ptr<Database> database_;
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(WorkerReadsTest);

TEST_P(WorkerReadsTest, GivesTheCellsThatThreadsGive) {
  const std::string bytes("\0\1\xff'\"", 5);
  const std::vector<std::vector<Value>> rows = {
      {std::int64_t{1}, std::string("O'Reilly \"q\" \\"), std::string("gr\u00f6\u00dfer \U0001f600 \u65e5\u672c"),
       std::int64_t{0x7fffffffffffffff}, 0.25, DateTime{1'700'000'000}, Blob{bytes}},
      {std::int64_t{2}, Null{}, Null{}, Null{}, Null{}, Null{}, Null{}},
      {std::int64_t{3}, std::string(), std::string(60'000, 'x'), std::int64_t{-1}, -1e9, DateTime{0}, Blob{}},
      {std::int64_t{4}, std::string("'; DROP TABLE things; -- $1 ?"), std::string("\r\n\t%s"), std::int64_t{0}, 0.0,
       DateTime{2'000'000'000}, Blob{std::string(3000, '\0')}},
  };
  for (const auto& row : rows) insert(row);
  warm_up();
  for (const auto& row : rows) {
    const Select query = by_id(std::get<std::int64_t>(row[0]));
    const auto here = read(query);
    ASSERT_TRUE(here) << message(here);
    const auto there = database_->select(query);
    EXPECT_EQ(here->columns, there->columns);
    ASSERT_EQ(here->rows.size(), 1U);
    EXPECT_EQ(here->rows, there->rows);
    EXPECT_EQ(here->rows[0], row);
  }
  const Select by_text{.table = "things", .columns = {"id"}, .where = {{.column = "long_text", .value = rows[0][2]}}};
  EXPECT_EQ(read(by_text)->rows.at(0).at(0), Value(std::int64_t{1}));
  const RawStatement raw{.text = "SELECT name, big FROM things WHERE name = ?", .parameters = {rows[0][1]}};
  EXPECT_EQ(read(raw)->rows, database_->raw(raw)->rows);
}

TEST_P(WorkerReadsTest, SaysWhatIsWrong) {
  warm_up();
  EXPECT_EQ(fault(read(Select{.table = "nothing", .where = {{.column = "id", .value = std::int64_t{1}}}})),
            Fault::NoSuchTable);
  const RawStatement wrong{.text = "not a statement"};
  EXPECT_EQ(message(read(wrong)), message(database_->raw(wrong)));
  EXPECT_EQ(fault(read(RawStatement{.text = "SELECT name FROM things WHERE id = ?"})), Fault::Other);
  EXPECT_EQ(fault(read(RawStatement{.text = "START TRANSACTION"})), Fault::Unsupported);
  insert_number(1);
  EXPECT_EQ(read(by_id(1))->rows.size(), 1U) << "the transaction has ended";
  EXPECT_TRUE(read(RawStatement{.text = "UPDATE things SET big = 7 WHERE id = 1"}));
  EXPECT_EQ(read(by_id(1))->rows.at(0).at(3), Value(std::int64_t{7}));
}

TEST_P(WorkerReadsTest, StopsAtTheGreatestNumberOfRows) {
  for (std::int64_t id = 1; id <= 20; ++id) insert_number(id);
  warm_up();
  const Select all{.table = "things",
                   .where = {{.column = "id", .comparison = Comparison::Greater, .value = std::int64_t{0}}}};
  EXPECT_THAT(message(read(all, 5)), ::testing::HasSubstr("more than 5 rows"));
  EXPECT_EQ(read(all, 20)->rows.size(), 20U);
}

TEST_P(WorkerReadsTest, ALargeAnswerLeavesOthersTheirTurns) {
  std::vector<Write> writes;
  for (std::int64_t id = 1; id <= 2000; ++id) {
    writes.emplace_back(Insert{.table = "things", .rows = {.columns = {"id", "name"}, .values = {id, "some name"}}});
  }
  ASSERT_TRUE(database_->write(writes));
  warm_up();
  const Select all{.table = "things",
                   .where = {{.column = "id", .comparison = Comparison::Greater, .value = std::int64_t{0}}}};
  // Which turn of the loop the rows came in.
  class InTurns final : public ReadJob {
   public:
    InTurns(Statement statement, const int& turn, std::vector<int>& seen, bool& done)
        : ReadJob(std::move(statement)), turn_(turn), seen_(seen), done_(done) {}
    bool on_row(const Row&) override {
      seen_.push_back(turn_);
      return true;
    }
    void restart() override { seen_.clear(); }
    void finish(base::Result<> read) override { done_ = read.has_value(); }

   private:
    const int& turn_;
    std::vector<int>& seen_;
    bool& done_;
  };
  int turn = 0;
  std::vector<int> seen;
  bool done = false;
  const std::function<void()> next_turn = [&] {
    ++turn;
    if (!done) network_.loop(0).post(next_turn);
  };
  next_turn();
  database_->read(0, std::make_unique<InTurns>(all, turn, seen, done));
  run_until([&] { return done; });
  ASSERT_EQ(seen.size(), 2000U);
  for (std::size_t i = 0; i + 300 < seen.size(); ++i) EXPECT_LT(seen[i], seen[i + 300]) << i;
}

TEST_P(WorkerReadsTest, FollowsAChangedTable) {
  insert_number(1);
  warm_up();
  EXPECT_EQ(read(by_id(1))->columns.size(), 7U);
  ASSERT_TRUE(database_->raw({.text = "ALTER TABLE things ADD COLUMN more VARCHAR(10)"}));
  const auto wider = read(by_id(1));
  ASSERT_TRUE(wider) << message(wider);
  EXPECT_EQ(wider->columns.size(), 8U);
}

TEST_P(WorkerReadsTest, MoreAtOnceThanThereAreConnections) {
  constexpr std::size_t kReads = 500;
  for (std::int64_t id = 0; id < 10; ++id) insert_number(id);
  warm_up(2);
  std::vector<Answer> answers(kReads);
  for (std::size_t i = 0; i < kReads; ++i) begin(by_id(static_cast<std::int64_t>(i % 10)), answers[i]);
  run_until([&] { return std::ranges::all_of(answers, [](const Answer& answer) { return answer.has_value(); }); });
  for (std::size_t i = 0; i < kReads; ++i) {
    ASSERT_TRUE(*answers[i]) << message(*answers[i]);
    EXPECT_EQ((*answers[i])->rows.at(0).at(1), Value(std::to_string(i % 10)));
  }
  EXPECT_LE(database_->worker_connections(0), WorkerQueryLimits{}.connections);
}

TEST_P(WorkerReadsTest, ReplacesConnectionsThatTheServerClosed) {
  insert_number(1);
  warm_up(2);
  const auto ended = database_->raw({.text = GetParam().disconnect_others});
  ASSERT_TRUE(ended) << message(ended);
  const auto answer = read(by_id(1));
  ASSERT_TRUE(answer) << message(answer);
  EXPECT_EQ(answer->rows.size(), 1U);
  warm_up();
}

TEST_P(WorkerReadsTest, ServerKilledWhileReadsAreUnderWay) {
  insert_number(1);
  warm_up(2);
  std::vector<Answer> answers(6);
  for (Answer& answer : answers) begin(sleep(9), answer);
  network_.loop(0).run_once(std::chrono::milliseconds(300));  // for the statements to begin: nothing tells when
  const int pid = pid_of_server();
  const auto killed = std::chrono::steady_clock::now();
  ::kill(pid, SIGKILL);
  run_until([&] { return std::ranges::all_of(answers, [](const Answer& answer) { return answer.has_value(); }); });
  EXPECT_LT(std::chrono::steady_clock::now() - killed, std::chrono::seconds(8));
  for (const Answer& answer : answers) EXPECT_EQ(fault(*answer), Fault::Unavailable) << message(*answer);
  wait_until([&] { return pid_of_server() != pid; });
  run_until([&] { return read(by_id(1)).has_value(); });
  warm_up();
  EXPECT_EQ(read(by_id(1))->rows.size(), 1U);
}

TEST_P(WorkerReadsTest, HungServer) {
  insert_number(1);
  open(1);
  warm_up(2);
  for (const int pid : GetParam().processes()) {
    ::kill(pid, SIGSTOP);
    wait_until([pid] { return is_stopped(pid); });
  }
  const auto begun = std::chrono::steady_clock::now();
  std::vector<Answer> answers(2);
  for (Answer& answer : answers) begin(by_id(1), answer);
  run_until([&] { return std::ranges::all_of(answers, [](const Answer& answer) { return answer.has_value(); }); });
  for (const int pid : GetParam().processes()) ::kill(pid, SIGCONT);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(6));
  for (const Answer& answer : answers) EXPECT_EQ(fault(*answer), Fault::Busy) << message(*answer);
  run_until([&] { return read(by_id(1)).has_value(); });
  warm_up();
}

TEST_P(WorkerReadsTest, SlowStatementsAreEnded) {
  open(1);
  warm_up();
  const auto begun = std::chrono::steady_clock::now();
  const auto answer = read(sleep(9));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(4));
  EXPECT_EQ(fault(answer), Fault::Busy) << message(answer);
  EXPECT_TRUE(read(by_id(1)));
}

TEST_P(WorkerReadsTest, EndsWithReadsUnderWay) {
  warm_up(2);
  std::vector<Answer> answers(2);
  for (Answer& answer : answers) begin(sleep(9), answer);
  const auto begun = std::chrono::steady_clock::now();
  database_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(2)) << "nothing is waited for";
}

}  // namespace carillon::storage
