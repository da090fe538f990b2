// SPDX-License-Identifier: Apache-2.0
// The driver contract on SQLite, and what is SQLite's own: damaged files, locks, permissions.
#include "modules/db_sqlite/sqlite_driver.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "modules/db_sqlite/sqlite_handle.h"
#include "storage/driver_test_suite.h"

namespace carillon::storage {

namespace {

namespace fs = std::filesystem;

// A directory of its own, gone with the program.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (fs::temp_directory_path() / "carillon-sqlite-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { fs::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] std::string fresh_file() { return (path_ / (std::to_string(++files_) + ".sqlite")).string(); }

 private:
  fs::path path_;
  int files_ = 0;
};

TemporaryDirectory& directory() {
  static TemporaryDirectory one;
  return one;
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Sqlite, DriverTest,
                         ::testing::Values(DriverUnderTest{
                             .name = "sqlite",
                             .make = [] { return std::make_unique<db_sqlite::SqliteDriver>(); },
                             .fresh_url = [] { return "sqlite://" + directory().fresh_file(); },
                         }),
                         driver_name);

namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

class SqliteFileTest : public ::testing::Test {
 protected:
  SqliteFileTest() { databases.add_driver(std::make_unique<db_sqlite::SqliteDriver>()); }

  // A database with a table of a few pages, closed again.
  void make_database() {
    auto database = databases.create(url).value();
    ASSERT_TRUE(database->raw({.text = "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)"}));
    Rows rows{.columns = {"b"}, .values = {}};
    for (int i = 0; i < 2000; ++i) rows.values.emplace_back(std::string(50, 'x'));
    ASSERT_TRUE(database->write(Insert{.table = "t", .rows = rows}));
  }

  void expect_refused_and_untouched() {
    const std::string before = contents(path);
    for (const bool create : {false, true}) {
      auto opened = create ? databases.create(url) : databases.open(url);
      ASSERT_FALSE(opened);
      EXPECT_EQ(Database::fault_of(opened.error()), Fault::NotADatabase);
      EXPECT_THAT(opened.error().message, ::testing::HasSubstr(path));
    }
    EXPECT_EQ(contents(path), before);
    for (const char* beside : {"-wal", "-shm", "-journal"}) EXPECT_FALSE(fs::exists(path + beside)) << beside;
  }

  std::string path = directory().fresh_file();
  std::string url = "sqlite://" + path;
  Databases databases;
};

TEST_F(SqliteFileTest, RefusesAFileThatIsNoDatabase) {
  write_file(path, "# a configuration file, or whatever else stands here\nkey = value\n");
  expect_refused_and_untouched();
}

TEST_F(SqliteFileTest, RefusesADamagedPageInTheMiddle) {
  make_database();
  std::string bytes = contents(path);
  ASSERT_GT(bytes.size(), 5U * 4096U);
  for (std::size_t i = 2 * 4096; i < 3 * 4096; ++i) bytes[i] = static_cast<char>(i * 31);
  write_file(path, bytes);
  expect_refused_and_untouched();
}

TEST_F(SqliteFileTest, RefusesATruncatedFile) {
  make_database();
  fs::resize_file(path, fs::file_size(path) / 2);
  expect_refused_and_untouched();
}

TEST_F(SqliteFileTest, RefusesADamagedHeader) {
  make_database();
  std::string bytes = contents(path);
  for (std::size_t i = 16; i < 100; ++i) bytes[i] = '\x7f';
  write_file(path, bytes);
  expect_refused_and_untouched();
}

TEST_F(SqliteFileTest, NamesTheFileThatIsMissingAndMakesNone) {
  auto opened = databases.open(url);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, ::testing::HasSubstr(path + ": no such file"));
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(SqliteFileTest, NamesTheDirectoryThatIsMissing) {
  auto created = databases.create("sqlite:///nonexistent/directory/file.sqlite");
  ASSERT_FALSE(created);
  EXPECT_THAT(created.error().message, ::testing::HasSubstr("/nonexistent/directory/file.sqlite: cannot be made"));
}

TEST_F(SqliteFileTest, IsNotReadableByOthers) {
  make_database();
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & (S_IRWXO | S_IWGRP), 0U);
}

TEST_F(SqliteFileTest, UsesAWriteAheadLog) {
  auto database = databases.create(url).value();
  EXPECT_EQ(database->raw({.text = "PRAGMA journal_mode"})->rows.at(0).at(0), Value(std::string("wal")));
}

TEST_F(SqliteFileTest, GivesUpOnAFileThatAnotherProgramKeepsLocked) {
  make_database();
  Databases impatient;
  impatient.add_driver(
      std::make_unique<db_sqlite::SqliteDriver>(db_sqlite::Settings{.busy_timeout = std::chrono::milliseconds(1)}));
  auto database = impatient.open(url).value();
  auto other = db_sqlite::open_file(path, SQLITE_OPEN_READWRITE, 0).value();
  ASSERT_TRUE(db_sqlite::execute(other.get(), "BEGIN IMMEDIATE", path));
  auto written = database->write(Delete{.table = "t"});
  ASSERT_FALSE(written);
  EXPECT_EQ(Database::fault_of(written.error()), Fault::Busy) << written.error().message;
  ASSERT_TRUE(db_sqlite::execute(other.get(), "ROLLBACK", path));
  EXPECT_EQ(database->write(Delete{.table = "t"}).value(), 2000U);
}

TEST_F(SqliteFileTest, RecoversWhatAKilledWriterLeft) {
  // A copy of database and log taken while a program has them open is what kill -9 leaves behind.
  auto database = databases.create(url).value();
  ASSERT_TRUE(database->raw({.text = "CREATE TABLE t (a INTEGER)"}));
  ASSERT_TRUE(database->write(Insert{.table = "t", .rows = {.columns = {"a"}, .values = {std::int64_t{5}}}}));
  const std::string copy = directory().fresh_file();
  fs::copy_file(path, copy);
  fs::copy_file(path + "-wal", copy + "-wal");
  auto recovered = databases.open("sqlite://" + copy);
  ASSERT_TRUE(recovered) << recovered.error().message;
  EXPECT_EQ((*recovered)->select(Select{.table = "t"})->rows.at(0).at(0), Value(std::int64_t{5}));
}

TEST_F(SqliteFileTest, OpensAFileWhoseNameMeansSomethingInAUri) {
  const std::string odd = path + "%41#b";
  for (int round = 0; round < 2; ++round) {  // the second time it is in WAL mode
    auto database = databases.create("sqlite://" + odd);
    ASSERT_TRUE(database) << database.error().message;
    EXPECT_TRUE(fs::exists(odd));
  }
}

TEST_F(SqliteFileTest, AFullDiskIsNoReasonToGiveUp) {
  Databases small;
  small.add_driver(std::make_unique<db_sqlite::SqliteDriver>(db_sqlite::Settings{.pragmas = {"max_page_count=2"}}));
  auto database = small.create(url).value();
  auto made = database->raw({.text = "CREATE TABLE t (a TEXT)"});
  ASSERT_TRUE(made) << made.error().message;
  auto written =
      database->write(Insert{.table = "t", .rows = {.columns = {"a"}, .values = {std::string(50'000, 'x')}}});
  ASSERT_FALSE(written);
  EXPECT_EQ(Database::fault_of(written.error()), Fault::Busy) << written.error().message;
}

TEST_F(SqliteFileTest, RefusesATransactionLeftOpen) {
  auto database = databases.create(url).value();
  auto begun = database->raw({.text = "BEGIN"});
  ASSERT_FALSE(begun);
  EXPECT_EQ(Database::fault_of(begun.error()), Fault::Unsupported);
  EXPECT_TRUE(database->raw({.text = "CREATE TABLE t (a INTEGER)"}));
}

TEST_F(SqliteFileTest, RunsPragmasAndNamesTheExtensionItCannotLoad) {
  make_database();
  Databases tuned;
  tuned.add_driver(std::make_unique<db_sqlite::SqliteDriver>(db_sqlite::Settings{.pragmas = {"cache_size=123"}}));
  EXPECT_EQ(tuned.open(url).value()->raw({.text = "PRAGMA cache_size"})->rows.at(0).at(0), Value(std::int64_t{123}));
  Databases extended;
  extended.add_driver(
      std::make_unique<db_sqlite::SqliteDriver>(db_sqlite::Settings{.extensions = {"/nonexistent.so;init"}}));
  EXPECT_THAT(extended.open(url).error().message, ::testing::HasSubstr("extension /nonexistent.so"));
}

}  // namespace
}  // namespace carillon::storage
