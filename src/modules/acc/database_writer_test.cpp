// SPDX-License-Identifier: Apache-2.0
// Rows reach the database in order and once, whatever becomes of the database and of us.
#include "modules/acc/database_writer.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "modules/acc/tables.h"
#include "modules/db_sqlite/sqlite_driver.h"
#include "storage/database.h"
#include "storage/pool.h"
#include "testing/forwarding_connection.h"
#include "testing/simulation.h"

namespace carillon::acc {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

enum class Mood { Well, Down, LostBefore, LostAfter };

// SQLite that loses its connection before or after a write is done.
class MoodyDriver final : public storage::Driver {
 public:
  explicit MoodyDriver(const Mood& mood) : mood_(mood) {}
  [[nodiscard]] std::string_view scheme() const override { return sqlite_.scheme(); }
  [[nodiscard]] std::size_t connections() const override { return 1; }
  [[nodiscard]] base::Result<> create_database(const storage::Url& url) override {
    return sqlite_.create_database(url);
  }
  [[nodiscard]] base::Result<std::unique_ptr<storage::Connection>> connect(const storage::Url& url) override {
    auto real = sqlite_.connect(url);
    if (!real) return real;
    return std::make_unique<Moody>(mood_, std::move(*real));
  }

 private:
  class Moody final : public carillon::testing::ForwardingConnection {
   public:
    Moody(const Mood& mood, std::unique_ptr<Connection> real) : ForwardingConnection(std::move(real)), mood_(mood) {}
    [[nodiscard]] base::Result<> select(const storage::Select& select, const storage::RowFunction& on_row) override {
      if (mood_ == Mood::Down) return failure(storage::Fault::Unavailable);
      return ForwardingConnection::select(select, on_row);
    }
    [[nodiscard]] base::Result<std::uint64_t> write(std::span<const storage::Write> writes) override {
      if (mood_ == Mood::Down) return failure(storage::Fault::Unavailable);
      if (mood_ == Mood::LostBefore) return failure(storage::Fault::OutcomeUnknown);
      auto written = ForwardingConnection::write(writes);
      if (mood_ == Mood::LostAfter) return failure(storage::Fault::OutcomeUnknown);
      return written;
    }

   private:
    [[nodiscard]] static std::unexpected<base::Error> failure(storage::Fault fault) {
      return base::fail("told to fail", static_cast<int>(fault));
    }
    const Mood& mood_;
  };

  const Mood& mood_;
  db_sqlite::SqliteDriver sqlite_;
};

class DatabaseWriterTest : public ::testing::Test {
 protected:
  DatabaseWriterTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "carillon-acc-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    databases_.add_driver(std::make_unique<MoodyDriver>(mood_));
    database_ = databases_.create("sqlite://" + (directory_ / "database").string()).value();
    EXPECT_TRUE(database_->create_table(kAccTable));
    simulation_.set_background([this] {
      const bool disk = disk_.run_pending();
      return databases_.run_pending() || disk;
    });
    begin();
  }
  ~DatabaseWriterTest() override {
    mood_ = Mood::Well;
    writer_->stop(0s);
    writer_.reset();
    database_.reset();
    std::filesystem::remove_all(directory_);
  }

  void begin(std::size_t max_queued = 1000) {
    writer_ =
        std::make_unique<DatabaseWriter>(DatabaseWriter::Parts{.shards = simulation_.shards(),
                                                               .database = database_,
                                                               .disk = disk_,
                                                               .statistics = statistics_,
                                                               .overflow = events_.name("E_ACC_OVERFLOW"),
                                                               .queue_path = (directory_ / "state" / "queue").string(),
                                                               .max_queued = max_queued,
                                                               .journal_path = journal()});
    writer_->start();
  }
  [[nodiscard]] std::string journal() const { return (directory_ / "state" / "journal").string(); }
  // What a process that was killed has left in the journal.
  void leave(std::uint64_t first_id, const std::vector<TableRow>& rows) {
    writer_->stop(0s);
    writer_.reset();
    const auto opened = storage::Journal::open(journal()).value();
    opened->begin();
    std::vector<storage::Journal::Entry> entries;
    for (const TableRow& left : rows) entries.push_back({.id = first_id++, .bytes = left.pack()});
    ASSERT_TRUE(opened->append(entries));
  }
  std::size_t in_journal() {
    writer_->stop(0s);
    writer_.reset();
    const std::size_t count = storage::Journal::open(journal()).value()->left().size();
    begin();
    simulation_.settle();
    return count;
  }
  void restart() {
    writer_->stop(0s);
    writer_.reset();
    begin();
    simulation_.advance(1min);
  }
  static TableRow row(const std::string& call_id) {
    return {.table = "acc",
            .columns = {"callid", "method", "time"},
            .values = {call_id, std::string("IN'V\0ITE", 8), storage::DateTime{1'700'000'000}}};
  }
  void add(const std::vector<std::string>& call_ids) {
    std::vector<TableRow> rows;
    for (const std::string& call_id : call_ids) rows.push_back(row(call_id));
    writer_->add(std::move(rows));
    simulation_.settle();
  }
  std::vector<std::string> written() {
    std::vector<std::string> result;
    const Mood mood = std::exchange(mood_, Mood::Well);
    EXPECT_TRUE(database_->select({.table = "acc", .columns = {"callid"}, .order_by = "id"}, [&](const auto& found) {
      result.emplace_back(found.text(0));
      return true;
    }));
    mood_ = mood;
    return result;
  }

  Mood mood_ = Mood::Well;
  std::filesystem::path directory_;
  carillon::testing::Simulation simulation_;
  storage::Pool disk_{{.threads = 0}};
  storage::Databases databases_{{.without_threads = true, .clock = &simulation_.clock()}};
  std::shared_ptr<storage::Database> database_;
  management::Events events_{simulation_.clock()};
  WriterStatistics statistics_;
  std::unique_ptr<DatabaseWriter> writer_;
};

TEST(TableRow, IsTheSameOnTheDisk) {
  const TableRow row{.table = "t",
                     .columns = {"a", "b", "c", "d", "e", "f"},
                     .values = {std::string("x\0;y", 4), std::int64_t{-5}, 1.25, storage::Null{}, storage::DateTime{77},
                                storage::Blob{"\xff"}}};
  EXPECT_EQ(TableRow::unpack(row.pack()), row);
  TableRow call = row;
  call.own = 4;
  call.identity = 3;
  call.leg = 2;
  EXPECT_EQ(TableRow::unpack(call.pack()), call);
  call.identity = 7;
  EXPECT_FALSE(TableRow::unpack(call.pack())) << "more columns than there are";
  EXPECT_FALSE(TableRow::unpack("nonsense"));
}

TEST_F(DatabaseWriterTest, WritesAtOnce) {
  add({"1", "2"});
  EXPECT_THAT(written(), ElementsAre("1", "2"));
  EXPECT_EQ(statistics_.written.value(), 2U);
  EXPECT_EQ(statistics_.queued.value(), 0U);
}

TEST_F(DatabaseWriterTest, RowsWaitOnTheDiskAndKeepTheirOrder) {
  mood_ = Mood::Down;
  add({"1"});
  add({"2", "3"});
  simulation_.advance(2s);
  add({"4"});
  EXPECT_EQ(writer_->waiting_on_disk(), 4U);
  mood_ = Mood::Well;
  simulation_.advance(1min);
  add({"5"});
  EXPECT_THAT(written(), ElementsAre("1", "2", "3", "4", "5"));
  EXPECT_EQ(writer_->waiting_on_disk(), 0U);
  EXPECT_EQ(statistics_.lost.value(), 0U);
}

TEST_F(DatabaseWriterTest, ARestartGoesOnWithWhatWaits) {
  mood_ = Mood::Down;
  add({"1", "2"});
  restart();
  add({"3"});
  EXPECT_EQ(writer_->waiting_on_disk(), 3U);
  mood_ = Mood::Well;
  restart();
  EXPECT_THAT(written(), ElementsAre("1", "2", "3"));
}

TEST_F(DatabaseWriterTest, AnUnknownOutcomeIsLookedUp) {
  mood_ = Mood::LostAfter;
  add({"1", "2"});
  mood_ = Mood::Well;
  simulation_.advance(1min);
  EXPECT_THAT(written(), ElementsAre("1", "2")) << "it was done";
  mood_ = Mood::LostBefore;
  add({"3"});
  mood_ = Mood::Well;
  simulation_.advance(1min);
  EXPECT_THAT(written(), ElementsAre("1", "2", "3")) << "it was not";
}

TEST_F(DatabaseWriterTest, AKillBetweenDatabaseAndDiskWritesNothingTwice) {
  mood_ = Mood::Down;
  add({"1", "1", "2", "3"});
  mood_ = Mood::Well;
  // What the process before had done when it was killed.
  ASSERT_TRUE(database_->write(
      storage::Insert{.table = "acc", .rows = {.columns = row("").columns, .values = row("1").values}}));
  ASSERT_TRUE(database_->write(
      storage::Insert{.table = "acc", .rows = {.columns = row("").columns, .values = row("3").values}}));
  mood_ = Mood::Down;
  writer_->stop(0s);
  writer_.reset();
  mood_ = Mood::Well;
  begin();
  simulation_.advance(1min);
  EXPECT_THAT(written(), ::testing::UnorderedElementsAre("1", "1", "2", "3"));
}

TEST_F(DatabaseWriterTest, WhatAKillLeavesInTheJournalIsWrittenOnce) {
  leave(7, {row("1"), row("2"), row("2"), row("3")});
  for (const char* const call_id : {"1", "2"}) {
    ASSERT_TRUE(database_->write(
        storage::Insert{.table = "acc", .rows = {.columns = row("").columns, .values = row(call_id).values}}));
  }
  begin();
  simulation_.settle();
  add({"4"});
  EXPECT_THAT(written(), ElementsAre("1", "2", "2", "3", "4"));
  EXPECT_EQ(in_journal(), 0U);
  EXPECT_EQ(writer_->waiting_on_disk(), 0U);
}

TEST_F(DatabaseWriterTest, WhatIsInTheJournalAndOnTheDiskIsWrittenOnce) {
  mood_ = Mood::Down;
  add({"1", "2"});
  leave(1, {row("1"), row("2"), row("3")});
  mood_ = Mood::Well;
  begin();
  simulation_.advance(1min);
  EXPECT_THAT(written(), ElementsAre("1", "2", "3"));
}

TEST_F(DatabaseWriterTest, WhatIsWrittenOrOnTheDiskLeavesTheJournal) {
  add({"1"});
  EXPECT_EQ(in_journal(), 0U);
  mood_ = Mood::Down;
  add({"2"});
  EXPECT_EQ(writer_->waiting_on_disk(), 1U);
  EXPECT_EQ(in_journal(), 0U);
}

TEST_F(DatabaseWriterTest, AJournalOfSomethingElseIsLeftAloneAndCostsNoRow) {
  writer_->stop(0s);
  writer_.reset();
  std::ofstream(journal()) << "mine";
  begin();
  add({"1"});
  EXPECT_THAT(written(), ElementsAre("1"));
  EXPECT_EQ(std::filesystem::file_size(journal()), 4U);
}

// The record of a call that was followed again after a kill: the process before may have written it.
TEST_F(DatabaseWriterTest, ARowWithAnIdentityIsWrittenUnlessItIsThere) {
  const auto record = [](std::int64_t time, std::uint32_t leg) {
    TableRow made = row("call");
    made.values.back() = storage::DateTime{time};
    made.identity = 2;
    made.leg = leg;
    return made;
  };
  writer_->add({record(1, 0), record(1, 1)});
  simulation_.settle();
  EXPECT_THAT(written(), ElementsAre("call", "call"));
  writer_->add({record(2, 0), record(2, 1)});
  simulation_.settle();
  EXPECT_THAT(written(), ElementsAre("call", "call")) << "of another time, but of the same call";
  writer_->add({record(3, 2), row("other")});
  simulation_.settle();
  EXPECT_THAT(written(), ElementsAre("call", "call", "call", "other"));
}

TEST(TableRow, WithLessInItIsWhatColumnsTake) {
  const std::string emoji = "\xf0\x9f\x98\x80";
  const TableRow row{.table = "t",
                     .columns = {"a", "b", "c", "d"},
                     .values = {"O\xc3\xa9K" + emoji, std::int64_t{1}, std::string(100, 'x'), std::string("a\0b", 3)},
                     .own = 2};
  const TableRow plain = row.plain();
  EXPECT_EQ(plain.values[0], storage::Value("O?K?"));
  EXPECT_EQ(plain.values[2], storage::Value(std::string(64, 'x')));
  EXPECT_EQ(plain.values[3], storage::Value("a?b"));
  EXPECT_THAT(row.bare().columns, ElementsAre("a", "b"));
  EXPECT_THAT(row.bare().values, ElementsAre(storage::Value("O?K?"), storage::Value(std::int64_t{1})));
}

// Nobody gets out of being recorded by what he calls himself.
TEST_F(DatabaseWriterTest, ARefusedRowIsWrittenWithLessInIt) {
  TableRow bad = row("bad");
  bad.own = 3;
  bad.columns.emplace_back("no_such_column");
  bad.values.emplace_back("x");
  writer_->add({row("1"), bad, row("2")});
  simulation_.settle();
  EXPECT_THAT(written(), ElementsAre("1", "bad", "2"));
  EXPECT_EQ(statistics_.refused.value(), 0U);
  EXPECT_EQ(statistics_.written.value(), 3U);
}

TEST_F(DatabaseWriterTest, BeyondTheBoundRowsAreLostAndCounted) {
  std::int64_t told = 0;
  events_.subscribe(events_.name("E_ACC_OVERFLOW"), "test", [&told](const management::EventPtr& event) {
    told += std::get<std::int64_t>(event->parameters.front().value);
    return true;
  });
  writer_.reset();
  begin(2);
  mood_ = Mood::Down;
  add({"1", "2", "3"});
  simulation_.advance(5s);
  EXPECT_EQ(statistics_.lost.value(), 1U);
  EXPECT_EQ(told, 1);
  mood_ = Mood::Well;
  simulation_.advance(1min);
  EXPECT_THAT(written(), ElementsAre("1", "2"));
}

TEST_F(DatabaseWriterTest, ARefusedRowHoldsUpNoOther) {
  TableRow bad = row("bad");
  bad.columns.front() = "no_such_column";
  writer_->add({row("1"), bad, row("2")});
  simulation_.settle();
  EXPECT_THAT(written(), ElementsAre("1", "2"));
  EXPECT_EQ(statistics_.refused.value(), 1U);
}

}  // namespace
}  // namespace carillon::acc
