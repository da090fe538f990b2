// SPDX-License-Identifier: Apache-2.0
// The driver contract on sets of SQLite files, and what is theirs: failing over, failing back, turns, parallel writes.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "modules/db_sqlite/sqlite_driver.h"
#include "modules/db_virtual/virtual_sets.h"
#include "storage/driver_test_suite.h"

namespace carillon::storage {

namespace {

namespace fs = std::filesystem;
using db_virtual::Mode;
using db_virtual::VirtualDriver;
using db_virtual::VirtualSets;

// The files, and the sets of the contract's tests.
struct World {
  World() {
    std::string pattern = (fs::temp_directory_path() / "carillon-virtual-XXXXXX").string();
    directory = ::mkdtemp(pattern.data());
    databases.add_driver(std::make_unique<db_sqlite::SqliteDriver>());
  }
  ~World() {
    sets->close();
    fs::remove_all(directory);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  std::string fresh_url(std::string_view mode, std::string_view second) {
    const std::string name = "set" + std::to_string(++count);
    EXPECT_TRUE(sets->add_line("define " + name + " " + std::string(mode)));
    EXPECT_TRUE(sets->add_line("sqlite://" + (directory / name).string()));
    EXPECT_TRUE(sets->add_line("sqlite://" + directory.string() + std::string(second) + name));
    return "virtual://" + name;
  }

  fs::path directory;
  Databases databases;
  std::shared_ptr<VirtualSets> sets = std::make_shared<VirtualSets>(databases);
  int count = 0;
};

World& world() {
  static World one;
  return one;
}

DriverUnderTest under_test(std::string name, std::string mode, std::string second) {
  return {
      .name = std::move(name),
      .make = [] { return std::make_unique<VirtualDriver>(world().sets); },
      .fresh_url = [mode = std::move(mode), second = std::move(second)] { return world().fresh_url(mode, second); }};
}

}  // namespace

// In turn only databases that are one can be used: here a file by two names.
INSTANTIATE_TEST_SUITE_P(Virtual, DriverTest,
                         ::testing::Values(under_test("failover", "FAILOVER", "/second-"),
                                           under_test("parallel", "PARALLEL", "/second-"),
                                           under_test("round", "ROUND", "/./")),
                         driver_name);

namespace {

constexpr unsigned kRetries = 2;

class VirtualSetTest : public ::testing::Test {
 protected:
  VirtualSetTest() {
    std::string pattern = (fs::temp_directory_path() / "carillon-virtual-XXXXXX").string();
    directory = ::mkdtemp(pattern.data());
    databases.add_driver(std::make_unique<db_sqlite::SqliteDriver>());
    databases.add_driver(std::make_unique<VirtualDriver>(sets));
    for (const int number : {1, 2}) {
      auto made = databases.create(url(number)).value();
      EXPECT_TRUE(made->raw({.text = "CREATE TABLE t (a INTEGER PRIMARY KEY)"}));
    }
  }
  ~VirtualSetTest() override {
    database.reset();
    sets->close();
    fs::remove_all(directory);
  }

  [[nodiscard]] std::string path(int number) const { return (directory / std::to_string(number)).string(); }
  [[nodiscard]] std::string url(int number) const { return "sqlite://" + path(number); }

  void open(std::string_view mode) {
    ASSERT_TRUE(sets->add_line("define s " + std::string(mode)));
    for (const int number : {1, 2}) ASSERT_TRUE(sets->add_line(url(number)));
    database = databases.open("virtual://s").value();
  }

  [[nodiscard]] base::Result<std::uint64_t> add(std::int64_t value) const {
    return database->write(Insert{.table = "t", .rows = {.columns = {"a"}, .values = {value}}});
  }
  [[nodiscard]] static std::size_t rows(Database& one) { return one.select(Select{.table = "t"}).value().rows.size(); }
  [[nodiscard]] std::size_t rows_in(int number) { return rows(*databases.open(url(number)).value()); }
  [[nodiscard]] const db_virtual::Member& member(std::size_t index) const { return *sets->find("s")->members()[index]; }

  // A database that goes away: its file is gone and its connections are new.
  void take_away(int number) {
    sets->close();
    for (const char* end : {"", "-wal", "-shm"}) {
      if (fs::exists(path(number) + end)) fs::rename(path(number) + end, path(number) + ".away" + end);
    }
  }
  void bring_back(int number) {
    for (const char* end : {"", "-wal", "-shm"}) {
      if (fs::exists(path(number) + ".away" + end)) fs::rename(path(number) + ".away" + end, path(number) + end);
    }
  }

  fs::path directory;
  Databases databases;
  std::shared_ptr<VirtualSets> sets = std::make_shared<VirtualSets>(databases);
  std::shared_ptr<Database> database;
};

TEST_F(VirtualSetTest, FailsOverAndBack) {
  open("FAILOVER");
  ASSERT_TRUE(add(1));
  take_away(1);
  ASSERT_TRUE(add(2)) << "the second does it";
  EXPECT_FALSE(member(0).usable());
  EXPECT_EQ(rows_in(2), 1U);
  bring_back(1);
  ASSERT_TRUE(add(3));
  EXPECT_EQ(rows_in(2), 2U) << "nobody has found the first back yet";
  sets->probe(kRetries);
  EXPECT_TRUE(member(0).usable());
  ASSERT_TRUE(add(4));
  EXPECT_EQ(rows_in(1), 2U);
}

TEST_F(VirtualSetTest, NothingLeftIsUnavailable) {
  open("FAILOVER");
  take_away(1);
  take_away(2);
  auto added = add(1);
  ASSERT_FALSE(added);
  EXPECT_EQ(Database::fault_of(added.error()), Fault::Unavailable);
  EXPECT_THAT(added.error().message, ::testing::HasSubstr("virtual://s: no database of the set can be used"));
}

TEST_F(VirtualSetTest, ARefusedStatementIsNotTriedElsewhere) {
  open("FAILOVER");
  ASSERT_TRUE(add(1));
  EXPECT_EQ(Database::fault_of(add(1).error()), Fault::Duplicate);
  EXPECT_TRUE(member(0).usable());
  EXPECT_EQ(rows_in(2), 0U);
}

TEST_F(VirtualSetTest, TakesTurns) {
  open("ROUND");
  for (std::int64_t i = 0; i < 10; ++i) ASSERT_TRUE(add(i));
  EXPECT_EQ(rows_in(1), 5U);
  EXPECT_EQ(rows_in(2), 5U);
  take_away(1);
  for (std::int64_t i = 10; i < 20; ++i) ASSERT_TRUE(add(i));
  EXPECT_EQ(rows_in(2), 15U);
}

TEST_F(VirtualSetTest, WritesToAllInParallel) {
  open("PARALLEL");
  ASSERT_TRUE(add(1));
  EXPECT_EQ(rows_in(1), 1U);
  EXPECT_EQ(rows_in(2), 1U);
  take_away(1);
  ASSERT_TRUE(add(2)) << "one is enough";
  EXPECT_EQ(rows(*database), 2U) << "read from the second";
  EXPECT_EQ(Database::fault_of(add(2).error()), Fault::Duplicate);
}

TEST_F(VirtualSetTest, UsesNoneThatTheOperatorForbids) {
  open("FAILOVER");
  sets->find("s")->members()[0]->set(false, false);
  ASSERT_TRUE(add(1));
  EXPECT_EQ(rows_in(1), 0U);
  EXPECT_EQ(rows_in(2), 1U);
  sets->find("s")->members()[0]->set(true, false);
  ASSERT_TRUE(add(2));
  EXPECT_EQ(rows_in(1), 1U);
}

TEST_F(VirtualSetTest, GivesUpOnOneThatFailsAgainAndAgain) {
  open("FAILOVER");
  auto& first = *sets->find("s")->members()[0];
  const base::Error away{"away", static_cast<int>(Fault::Unavailable)};
  for (unsigned round = 0; round < kRetries; ++round) {
    first.note(&away);
    sets->probe(kRetries);
    EXPECT_TRUE(first.usable());
  }
  first.note(&away);
  sets->probe(kRetries);
  EXPECT_FALSE(first.usable());
  first.set(true, true);
  sets->probe(kRetries);
  EXPECT_TRUE(first.usable());
}

TEST_F(VirtualSetTest, ProbesByItself) {
  open("FAILOVER");
  sets->start_probing(std::chrono::seconds(0), kRetries);
  const base::Error away{"away", static_cast<int>(Fault::Unavailable)};
  sets->find("s")->members()[0]->note(&away);
  while (!member(0).usable()) std::this_thread::yield();
  sets->stop();
}

TEST_F(VirtualSetTest, NamesWhatIsWrongInItsLines) {
  const auto error_of = [this](std::string_view line) { return sets->add_line(line).error().message; };
  EXPECT_THAT(error_of("sqlite:///x"), ::testing::HasSubstr("before the first 'define"));
  EXPECT_THAT(error_of("define a SOMETIMES"), ::testing::HasSubstr("'SOMETIMES' is none of"));
  ASSERT_TRUE(sets->add_line("define  a   failover"));
  EXPECT_THAT(error_of("define a ROUND"), ::testing::HasSubstr("'a' is defined twice"));
  EXPECT_THAT(error_of("virtual://a"), ::testing::HasSubstr("another set"));
  EXPECT_THAT(error_of("no url"), ::testing::HasSubstr("database URL"));
  EXPECT_THAT(sets->check().error().message, ::testing::HasSubstr("'a' has no database"));
  EXPECT_THAT(databases.open("virtual://b").error().message, ::testing::HasSubstr("'b' is not defined"));
}

}  // namespace
}  // namespace carillon::storage
