// SPDX-License-Identifier: Apache-2.0
// What of the driver contract applies to files that are only added to, and what is theirs: names, rotation, a full
// disk, half a line.
#include "modules/db_flatstore/flat_files.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "storage/database.h"

namespace carillon::db_flatstore {
namespace {

namespace fs = std::filesystem;
using storage::Database;
using storage::Fault;
using storage::Insert;
using storage::Null;
using storage::Value;
using ::testing::ElementsAre;

class FlatstoreTest : public ::testing::Test {
 protected:
  FlatstoreTest() {
    std::string pattern = (fs::temp_directory_path() / "carillon-flat-XXXXXX").string();
    directory = ::mkdtemp(pattern.data());
  }
  ~FlatstoreTest() override {
    database.reset();
    fs::remove_all(directory);
  }

  void open(Settings settings) {
    database.reset();
    databases = std::make_unique<storage::Databases>();
    auto made = std::make_unique<FlatstoreDriver>(std::move(settings));
    driver = made.get();
    databases->add_driver(std::move(made));
    database = databases->open("flatstore:" + directory.string()).value();
  }

  [[nodiscard]] base::Result<std::uint64_t> add(std::vector<Value> values, const std::string& table = "acc") const {
    Insert insert{.table = table, .rows = {.columns = {}, .values = std::move(values)}};
    for (std::size_t i = 0; i < insert.rows.values.size(); ++i) insert.rows.columns.push_back("c" + std::to_string(i));
    return database->write(insert);
  }

  [[nodiscard]] std::string contents(const std::string& name) const {
    std::ifstream file(directory / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& entry : fs::directory_iterator(directory)) result.push_back(entry.path().filename());
    std::ranges::sort(result);
    return result;
  }

  fs::path directory;
  std::unique_ptr<storage::Databases> databases;
  FlatstoreDriver* driver = nullptr;
  std::shared_ptr<Database> database;
};

TEST_F(FlatstoreTest, AddsALineForARow) {
  open({});
  ASSERT_TRUE(add({std::string("INVITE"), std::int64_t{200}, Null{}, storage::DateTime{1'700'000'000}, 0.5}));
  EXPECT_EQ(contents("acc_1.log"), "INVITE|200||1700000000|0.5\n");
}

TEST_F(FlatstoreTest, ARecordStaysALine) {
  open({.delimiter = ';', .single_file = true});
  const std::string hostile("a;b|c\nd\re\\f\0g", 13);
  ASSERT_TRUE(add({hostile, storage::Blob{"\n"}}));
  EXPECT_EQ(contents("acc.log"), "a\\;b|c\\nd\\re\\\\f\\0g;\\n\n");
}

TEST_F(FlatstoreTest, NamesFilesByPrefixTimeTableAndSuffix) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  EXPECT_EQ(expand_name("a$time(%Y-%m)b$time(%H)", 1'700'000'000).value(), "a2023-11b22");
  EXPECT_FALSE(expand_name("$ru", 0));
  EXPECT_FALSE(expand_name("$time(%H", 0));
  open({.prefix = "p-", .suffix = ".$time(%%)x", .single_file = true});
  ASSERT_TRUE(add({std::int64_t{1}}));
  EXPECT_THAT(names(), ElementsAre("p-acc.%x"));
  EXPECT_FALSE(add({std::int64_t{1}}, "../acc"));
}

TEST_F(FlatstoreTest, RotatesToNewFiles) {
  open({.single_file = true});
  ASSERT_TRUE(add({std::int64_t{1}}));
  fs::rename(directory / "acc.log", directory / "acc.log.1");
  ASSERT_TRUE(add({std::int64_t{2}}));
  EXPECT_EQ(contents("acc.log.1"), "1\n2\n");
  ASSERT_TRUE(driver->rotate());
  EXPECT_THAT(names(), ElementsAre("acc.log.1")) << "made when there is something to write";
  ASSERT_TRUE(add({std::int64_t{3}}));
  EXPECT_EQ(contents("acc.log.1"), "1\n2\n");
  EXPECT_EQ(contents("acc.log"), "3\n");
}

TEST_F(FlatstoreTest, WaitsInMemoryWithoutFlush) {
  open({.single_file = true, .flush = false});
  ASSERT_TRUE(add({std::int64_t{1}}));
  EXPECT_EQ(contents("acc.log"), "");
  ASSERT_TRUE(driver->rotate());
  EXPECT_EQ(contents("acc.log"), "1\n");
  ASSERT_TRUE(add({std::int64_t{2}}));
  database.reset();
  EXPECT_EQ(contents("acc.log"), "1\n2\n") << "a clean end writes what waits";
}

TEST_F(FlatstoreTest, CutsOffHalfALineThatAKilledWriterLeft) {
  std::ofstream(directory / "acc.log") << "1|whole\n2|ha";
  std::ofstream(directory / "missed_calls.log") << std::string(10'000, 'x');
  open({.single_file = true});
  ASSERT_TRUE(add({std::int64_t{3}}));
  ASSERT_TRUE(add({std::int64_t{4}}, "missed_calls"));
  EXPECT_EQ(contents("acc.log"), "1|whole\n3\n");
  EXPECT_EQ(contents("missed_calls.log"), "4\n");
}

TEST_F(FlatstoreTest, AFullDiskIsAnErrorAndLeavesNoHalfLine) {
  open({.single_file = true});
  ASSERT_TRUE(add({std::string(1000, 'a')}));
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &usual), 0);
  rlimit small = usual;
  small.rlim_cur = 2000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  // The first table's line fits, the second's doesn't: neither stays.
  const std::vector<storage::Write> both{
      Insert{.table = "aaa", .rows = {.columns = {"c"}, .values = {std::int64_t{1}}}},
      Insert{.table = "acc", .rows = {.columns = {"c"}, .values = {std::string(1500, 'b')}}}};
  auto written = database->write(both);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &usual), 0);
  ASSERT_FALSE(written);
  EXPECT_EQ(Database::fault_of(written.error()), Fault::Busy) << written.error().message;
  EXPECT_EQ(contents("acc.log"), std::string(1000, 'a') + "\n");
  EXPECT_EQ(contents("aaa.log"), "");
  ASSERT_TRUE(add({std::int64_t{3}}));
  EXPECT_EQ(contents("acc.log"), std::string(1000, 'a') + "\n3\n");
}

TEST_F(FlatstoreTest, DoesNothingButAdd) {
  open({});
  auto read = database->select(storage::Select{.table = "acc"});
  ASSERT_FALSE(read);
  EXPECT_EQ(Database::fault_of(read.error()), Fault::Unsupported);
  EXPECT_FALSE(database->write(storage::Delete{.table = "acc"}));
  EXPECT_FALSE(database->raw({.text = "DELETE FROM acc"}));
  EXPECT_TRUE(database->check_version("acc", 7)) << "there are no versions to compare";
  EXPECT_TRUE(database->create_table(storage::version_table()));
  EXPECT_TRUE(names().empty());
}

TEST_F(FlatstoreTest, NamesTheDirectoryThatIsMissing) {
  storage::Databases others;
  others.add_driver(std::make_unique<FlatstoreDriver>(Settings{}));
  auto opened = others.open("flatstore:/nonexistent/directory");
  ASSERT_FALSE(opened);
  EXPECT_EQ(Database::fault_of(opened.error()), Fault::Unavailable);
  EXPECT_THAT(opened.error().message, ::testing::HasSubstr("/nonexistent/directory"));
  EXPECT_TRUE(others.create("flatstore:" + (directory / "made").string()));
}

TEST_F(FlatstoreTest, SeveralThreadsLoseAndMixNothing) {
  for (const bool single : {true, false}) {
    open({.single_file = single});
    {
      std::vector<std::jthread> threads;
      for (std::int64_t thread = 0; thread < 4; ++thread) {
        threads.emplace_back([this, thread] {
          for (int i = 0; i < 50; ++i) EXPECT_TRUE(add({thread, std::string(100, 'x')}, "t"));
        });
      }
    }
    std::size_t lines = 0;
    for (const std::string& name : names()) {
      std::ifstream file(directory / name);
      for (std::string line; std::getline(file, line); ++lines) EXPECT_EQ(line.size(), 102U);
      fs::remove(directory / name);
    }
    EXPECT_EQ(lines, 200U);
  }
}

}  // namespace
}  // namespace carillon::db_flatstore
