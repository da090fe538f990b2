// SPDX-License-Identifier: Apache-2.0
// What Database adds to a driver: connections kept, shared, replaced when lost.
#include "storage/database.h"

#include <gmock/gmock.h>

#include <atomic>
#include <latch>
#include <thread>

namespace carillon::storage {
namespace {

using ::testing::HasSubstr;

// A row of one number.
class NumberRow final : public Row {
 public:
  explicit NumberRow(std::int64_t number) : number_(number) {}
  [[nodiscard]] std::size_t size() const override { return 1; }
  [[nodiscard]] std::string_view name(std::size_t) const override { return "n"; }
  [[nodiscard]] bool is_null(std::size_t) const override { return false; }
  [[nodiscard]] std::int64_t integer(std::size_t) const override { return number_; }
  [[nodiscard]] double real(std::size_t) const override { return 0; }
  [[nodiscard]] std::string_view text(std::size_t) const override { return {}; }
  [[nodiscard]] std::int64_t unix_seconds(std::size_t) const override { return 0; }
  [[nodiscard]] Value value(std::size_t) const override { return number_; }

 private:
  std::int64_t number_;
};

class ManualClock final : public base::Clock {
 public:
  [[nodiscard]] base::TimePoint now() const override { return now_; }
  [[nodiscard]] std::int64_t unix_microseconds() const override { return 0; }
  void advance(base::Duration time) { now_ += time; }

 private:
  base::TimePoint now_ = base::TimePoint{} + std::chrono::hours(1);
};

struct Behaviour {
  std::atomic<int> connects = 0;
  std::atomic<int> refused = 0;
  std::atomic<bool> alive = true;
  std::vector<bool> states;  // as the driver was told
  std::atomic<int> open = 0;
  std::atomic<int> most_open = 0;
  std::atomic<bool> refuse = false;  // no connection to be had
  std::atomic<int> writes = 0;
  std::atomic<int> unknown = 0;           // so many writes end in the dark
  std::atomic<int> lost = 0;              // so many calls find their connection lost
  std::atomic<int> rows_before_loss = 0;  // handed over before that is noticed
  std::function<void()> inside = [] {};
};

base::Error lost() { return {.message = "connection lost", .code = static_cast<int>(Fault::Unavailable)}; }

class FakeConnection final : public Connection {
 public:
  explicit FakeConnection(Behaviour& behaviour) : behaviour_(behaviour) {
    const int now = ++behaviour_.open;
    if (now > behaviour_.most_open) behaviour_.most_open = now;
  }
  ~FakeConnection() override { --behaviour_.open; }

  bool alive() override { return behaviour_.alive; }
  base::Result<> select(const Select&, const RowFunction& on_row) override {
    behaviour_.inside();
    if (take_loss()) {
      for (int i = 0; i < behaviour_.rows_before_loss; ++i) on_row(NumberRow(i));
      return std::unexpected(lost());
    }
    on_row(NumberRow(7));
    return {};
  }
  base::Result<std::uint64_t> write(std::span<const Write> writes) override {
    ++behaviour_.writes;
    if (behaviour_.unknown > 0) {
      --behaviour_.unknown;
      return base::fail("lost in COMMIT", static_cast<int>(Fault::OutcomeUnknown));
    }
    if (take_loss()) return std::unexpected(lost());
    return writes.size();
  }
  base::Result<> raw(const RawStatement&, const RowFunction&) override { return {}; }
  base::Result<> create_table(const TableSpec&) override { return {}; }
  base::Result<> drop_table(std::string_view) override { return {}; }
  base::Result<bool> has_table(std::string_view) override { return true; }

 private:
  bool take_loss() {
    if (behaviour_.lost == 0) return false;
    --behaviour_.lost;
    return true;
  }
  Behaviour& behaviour_;
};

class FakeDriver final : public Driver {
 public:
  explicit FakeDriver(Behaviour& behaviour) : behaviour_(behaviour) {}
  [[nodiscard]] std::string_view scheme() const override { return "fake"; }
  [[nodiscard]] std::size_t connections() const override { return 2; }
  base::Result<std::unique_ptr<Connection>> connect(const Url&) override {
    if (behaviour_.refuse) {
      ++behaviour_.refused;
      return std::unexpected(lost());
    }
    ++behaviour_.connects;
    return std::make_unique<FakeConnection>(behaviour_);
  }
  base::Result<> create_database(const Url&) override { return {}; }
  void on_connection(const Url&, bool connected) override { behaviour_.states.push_back(connected); }

 private:
  Behaviour& behaviour_;
};

class DatabaseTest : public ::testing::Test {
 protected:
  DatabaseTest() {
    databases.add_driver(std::make_unique<FakeDriver>(behaviour));
    database = databases.open("fake://user:secret@host/db").value();
  }

  base::Result<> read(int* rows = nullptr) {
    return database->select(Select{.table = "t"}, [rows](const Row&) {
      if (rows != nullptr) ++*rows;
      return true;
    });
  }

  Behaviour behaviour;
  ManualClock clock;
  Databases databases{{.connections = {.longest_wait = std::chrono::milliseconds(20),
                                       .first_pause = std::chrono::seconds(1),
                                       .longest_pause = std::chrono::seconds(4)},
                       .clock = &clock}};
  std::shared_ptr<Database> database;
};

TEST_F(DatabaseTest, KeepsItsConnection) {
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(read());
  EXPECT_EQ(behaviour.connects, 1);
}

TEST_F(DatabaseTest, OneDriverMayStandInForAll) {
  EXPECT_FALSE(databases.open("mysql://host/db"));
  databases.use_only(std::make_unique<FakeDriver>(behaviour));
  EXPECT_TRUE(databases.open("mysql://host/db"));
  EXPECT_TRUE(databases.create("postgres://host/other"));
}

TEST_F(DatabaseTest, ReplacesALostConnectionAndTriesAgain) {
  behaviour.lost = 1;
  ASSERT_TRUE(read());
  EXPECT_EQ(behaviour.connects, 2);
  behaviour.lost = 1;
  EXPECT_EQ(database->write(Delete{.table = "t"}).value(), 1U);
  EXPECT_EQ(behaviour.connects, 3);
  EXPECT_EQ(behaviour.open, 1);
}

TEST_F(DatabaseTest, GivesUpWhenAFreshConnectionIsLostToo) {
  behaviour.lost = 2;
  const auto result = read();
  ASSERT_FALSE(result);
  EXPECT_EQ(Database::fault_of(result.error()), Fault::Unavailable);
  EXPECT_TRUE(read()) << "and works again afterwards";
}

TEST_F(DatabaseTest, NeverHandsARowOverTwice) {
  behaviour.lost = 1;
  behaviour.rows_before_loss = 3;
  int rows = 0;
  const auto result = read(&rows);
  ASSERT_FALSE(result);
  EXPECT_EQ(Database::fault_of(result.error()), Fault::Other);
  EXPECT_EQ(rows, 3);
}

TEST_F(DatabaseTest, ReplacesAConnectionThatDiedWhileItIdled) {
  ASSERT_TRUE(read());
  behaviour.alive = false;
  behaviour.inside = [&] { behaviour.alive = true; };
  ASSERT_TRUE(read());
  EXPECT_EQ(behaviour.connects, 2);
  EXPECT_EQ(behaviour.open, 1);
}

TEST_F(DatabaseTest, KeepsNoConnectionThatItsCallLeftUnusable) {
  behaviour.inside = [&] { behaviour.alive = false; };
  ASSERT_TRUE(read());
  EXPECT_EQ(behaviour.open, 0);
}

TEST_F(DatabaseTest, TriesADatabaseThatIsAwayOnceAPause) {
  behaviour.lost = 1;
  behaviour.refuse = true;
  const auto fail_ten_times = [&] {
    for (int i = 0; i < 10; ++i) {
      const auto result = read();
      ASSERT_FALSE(result);
      EXPECT_EQ(Database::fault_of(result.error()), Fault::Unavailable);
    }
  };
  fail_ten_times();
  EXPECT_EQ(behaviour.refused, 1);
  for (const auto& [pause, tries] : {std::pair(1, 2), {1, 2}, {1, 3}, {4, 4}, {4, 5}, {4, 6}}) {
    clock.advance(std::chrono::seconds(pause));
    fail_ten_times();
    EXPECT_EQ(behaviour.refused, tries);
  }
  behaviour.refuse = false;
  EXPECT_FALSE(read()) << "its pause isn't over";
  clock.advance(std::chrono::seconds(4));
  EXPECT_TRUE(read());
  EXPECT_THAT(behaviour.states, ::testing::ElementsAre(false, true));
}

TEST_F(DatabaseTest, WaitsForAFreeConnectionNoLongerThanAllowed) {
  std::latch entered(2);
  std::latch answered(1);
  behaviour.inside = [&] {
    entered.count_down();
    answered.wait();
  };
  std::vector<std::jthread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back([this] { EXPECT_TRUE(read()); });
  entered.wait();
  const auto result = read();
  answered.count_down();
  ASSERT_FALSE(result);
  EXPECT_EQ(Database::fault_of(result.error()), Fault::Busy) << result.error().message;
}

TEST_F(DatabaseTest, NeverRepeatsAWriteWhoseOutcomeIsUnknown) {
  behaviour.unknown = 1;
  const auto written = database->write(Delete{.table = "t"});
  ASSERT_FALSE(written);
  EXPECT_EQ(Database::fault_of(written.error()), Fault::OutcomeUnknown);
  EXPECT_EQ(behaviour.writes, 1);
}

TEST_F(DatabaseTest, OpensNoMoreThanTheDriverWants) {
  std::latch both_inside(2);  // two calls are inside at once ...
  std::atomic<int> entered = 0;
  behaviour.inside = [&] {
    if (++entered <= 2) both_inside.arrive_and_wait();
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) threads.emplace_back([this] { EXPECT_TRUE(read()); });
  }
  EXPECT_EQ(behaviour.most_open, 2);  // ... and never three
}

TEST_F(DatabaseTest, IsSharedByAllWhoNameTheSameUrl) {
  EXPECT_EQ(databases.open("fake://user:secret@host/db").value(), database);
  EXPECT_NE(databases.open("fake://user:secret@host/other").value(), database);
  database.reset();
  EXPECT_EQ(behaviour.open, 0) << "the last user closes it";
}

TEST_F(DatabaseTest, NamesTheDriversItHas) {
  const auto opened = databases.open("mysql://u:secret@h/db");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().message, "no database driver for 'mysql' is loaded (loaded: fake)");
  behaviour.refuse = true;
  EXPECT_FALSE(databases.open("fake://elsewhere/db")) << "opening proves that it is there";
}

TEST_F(DatabaseTest, TakesForeignErrorCodesForNoneOfItsOwn) {
  EXPECT_EQ(Database::fault_of({.message = "", .code = 404}), Fault::Other);
  EXPECT_EQ(Database::fault_of({.message = "", .code = -1}), Fault::Other);
  EXPECT_EQ(Database::fault_of({.message = "", .code = static_cast<int>(Fault::Busy)}), Fault::Busy);
}

}  // namespace
}  // namespace carillon::storage
