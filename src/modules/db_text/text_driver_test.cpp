// SPDX-License-Identifier: Apache-2.0
// The driver contract on dbtext files, and what is theirs: damage, other programs' edits, crashes, a full disk.
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "modules/db_text/text_format.h"
#include "storage/driver_test_suite.h"

namespace carillon::storage {

namespace {

namespace fs = std::filesystem;

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (fs::temp_directory_path() / "carillon-text-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { fs::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] std::string fresh() { return (path_ / std::to_string(++count_)).string(); }

 private:
  fs::path path_;
  int count_ = 0;
};

TemporaryDirectory& directory() {
  static TemporaryDirectory one;
  return one;
}

std::unique_ptr<TableDirectoryDriver> make_driver(bool check_each_time) {
  return std::make_unique<TableDirectoryDriver>(
      TableDirectoryDriver::Settings{.scheme = "text", .check_each_time = check_each_time},
      std::make_unique<db_text::TextFormat>(4096));
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Text, DriverTest,
                         ::testing::Values(DriverUnderTest{
                                               .name = "cached",
                                               .make = [] { return make_driver(false); },
                                               .fresh_url = [] { return "text://" + directory().fresh(); },
                                           },
                                           DriverUnderTest{
                                               .name = "checked",
                                               .make = [] { return make_driver(true); },
                                               .fresh_url = [] { return "text://" + directory().fresh(); },
                                           }),
                         driver_name);

namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_whole(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

class TextDirectoryTest : public ::testing::Test {
 protected:
  TextDirectoryTest() {
    fs::create_directory(path);
    write_whole(path + "/version", "table_name(str) table_version(int)\nsubscriber:7\nlocation:1013\n");
    write_whole(path + "/subscriber",
                "id(int,auto) username(string) domain(string) password(string) rpid(string,null)\n"
                "1:alice:example.org:se\\:cret:\n");
    open(false);
  }

  void open(bool check_each_time) {
    database.reset();
    databases = std::make_unique<Databases>();
    auto made = make_driver(check_each_time);
    driver = made.get();
    databases->add_driver(std::move(made));
    database = databases->open("text://" + path).value();
  }

  [[nodiscard]] std::vector<std::string> passwords() const {
    std::vector<std::string> result;
    auto read = database->select(Select{.table = "subscriber", .columns = {"password"}}, [&](const Row& row) {
      result.emplace_back(row.text(0));
      return true;
    });
    EXPECT_TRUE(read) << read.error().message;
    return result;
  }

  [[nodiscard]] base::Result<std::uint64_t> add(const std::string& name, const std::string& password) const {
    return database->write(Insert{.table = "subscriber",
                                  .rows = {.columns = {"username", "domain", "password"},
                                           .values = {name, std::string("example.org"), password}}});
  }

  std::string path = directory().fresh();
  std::unique_ptr<Databases> databases;
  TableDirectoryDriver* driver = nullptr;
  std::shared_ptr<Database> database;
};

using ::testing::ElementsAre;

TEST_F(TextDirectoryTest, ReadsAndAddsToWhatOpensipsWrote) {
  EXPECT_TRUE(database->check_version("subscriber", 7));
  EXPECT_THAT(passwords(), ElementsAre("se:cret"));
  ASSERT_TRUE(add("bob", "b\\:"));
  EXPECT_EQ(contents(path + "/subscriber"),
            "id(int,auto) username(string) domain(string) password(string) rpid(string,null)\n"
            "1:alice:example.org:se\\:cret:\n"
            "2:bob:example.org:b\\\\\\::\n");
  ASSERT_TRUE(database->write(Update{.table = "subscriber",
                                     .columns = {"password"},
                                     .values = {std::string("new")},
                                     .where = {{.column = "username", .value = std::string("alice")}}}));
  EXPECT_EQ(contents(path + "/subscriber"),
            "id(int,auto) username(string) domain(string) password(string) rpid(string,null)\n"
            "1:alice:example.org:new:\n"
            "2:bob:example.org:b\\\\\\::\n");
  for (const auto& entry : fs::directory_iterator(path)) {
    EXPECT_THAT(entry.path().filename(), ::testing::AnyOf("version", "subscriber"));
  }
}

TEST_F(TextDirectoryTest, FillsWhatOpensipsHasNoDefaultFor) {
  ASSERT_TRUE(database->write(
      Insert{.table = "subscriber", .rows = {.columns = {"username"}, .values = {std::string("bob")}}}));
  EXPECT_THAT(contents(path + "/subscriber"), ::testing::EndsWith("\n2:bob:::\n"));
}

TEST_F(TextDirectoryTest, UpsertsByColumnsThatNobodyDeclaredAsAKey) {
  const Rows both{.columns = {"username", "domain", "password"},
                  .values = {std::string("alice"), std::string("example.org"), std::string("1"), std::string("bob"),
                             std::string("example.org"), std::string("2")}};
  ASSERT_TRUE(database->write(Upsert{.table = "subscriber", .keys = {"username", "domain"}, .rows = both}));
  EXPECT_THAT(passwords(), ElementsAre("1", "2"));
}

TEST_F(TextDirectoryTest, KeepsKeysAndDefaultsBesideTheFile) {
  static constexpr Column columns[] = {auto_id(), character("name", 8).or_default("a=b"), date_time("at").null()};
  static constexpr Key keys[] = {{KeyKind::Unique, "name"}};
  ASSERT_TRUE(
      database->create_table({.name = "kept", .version = 1, .group = "test", .columns = columns, .keys = keys}));
  EXPECT_EQ(contents(path + "/kept"), "id(int,auto) name(string) at(int,null)\n");
  open(false);
  const Insert insert{.table = "kept", .rows = {.columns = {"at"}, .values = {DateTime{1'700'000'000}}}};
  ASSERT_TRUE(database->write(insert));
  EXPECT_EQ(contents(path + "/kept"), "id(int,auto) name(string) at(int,null)\n1:a=b:1700000000\n");
  EXPECT_EQ(Database::fault_of(database->write(insert).error()), Fault::Duplicate);
  EXPECT_EQ(database->select(Select{.table = "kept", .columns = {"at"}})->rows.at(0).at(0),
            Value(DateTime{1'700'000'000}));
}

TEST_F(TextDirectoryTest, RefusesADamagedFileByLineAndLeavesItAlone) {
  const std::string damaged = "id(int,auto) username(string)\n1:alice\n2\n";
  write_whole(path + "/subscriber", damaged);
  auto read = database->select(Select{.table = "subscriber"});
  ASSERT_FALSE(read);
  EXPECT_EQ(Database::fault_of(read.error()), Fault::NotADatabase);
  EXPECT_THAT(read.error().message, ::testing::HasSubstr(path + "/subscriber: line 3: it has 1 of 2 cells"));
  EXPECT_FALSE(database->write(Delete{.table = "subscriber"}));
  EXPECT_EQ(contents(path + "/subscriber"), damaged);
}

TEST_F(TextDirectoryTest, SeesOtherProgramsEditsWhenReloaded) {
  EXPECT_THAT(passwords(), ElementsAre("se:cret"));
  const std::string edited = "id(int,auto) username(string) domain(string) password(string)\n1:alice:x:other\n";
  write_whole(path + "/subscriber", edited);
  EXPECT_THAT(passwords(), ElementsAre("se:cret"));
  ASSERT_EQ(driver->directories().size(), 1U);
  ASSERT_TRUE(driver->directories()[0]->reload());
  EXPECT_THAT(passwords(), ElementsAre("other"));
  write_whole(path + "/subscriber", "damaged\n");
  EXPECT_FALSE(driver->directories()[0]->reload("subscriber"));
  EXPECT_THAT(passwords(), ElementsAre("other")) << "what was read before stays";
}

TEST_F(TextDirectoryTest, SeesOtherProgramsEditsAtOnceInMode1) {
  open(true);
  EXPECT_THAT(passwords(), ElementsAre("se:cret"));
  write_whole(path + "/subscriber", "username(string) password(string)\nalice:other\n");
  EXPECT_THAT(passwords(), ElementsAre("other"));
}

TEST_F(TextDirectoryTest, NeverWritesOverAnotherProgramsEdit) {
  EXPECT_THAT(passwords(), ElementsAre("se:cret"));
  write_whole(path + "/subscriber", "id(int,auto) username(string) domain(string) password(string)\n7:carol:x:c\n");
  ASSERT_TRUE(add("bob", "b"));
  EXPECT_THAT(contents(path + "/subscriber"), ::testing::EndsWith("\n7:carol:x:c\n8:bob:example.org:b\n"));
  EXPECT_THAT(passwords(), ElementsAre("c", "b"));
}

TEST_F(TextDirectoryTest, TwoServersOnOneDirectoryLoseNothing) {
  Databases others;
  others.add_driver(make_driver(false));
  auto other = others.open("text://" + path).value();
  for (int round = 0; round < 10; ++round) {
    auto& one = round % 2 == 0 ? *database : *other;
    ASSERT_TRUE(one.write(
        Insert{.table = "subscriber",
               .rows = {.columns = {"username", "password"}, .values = {std::to_string(round), std::string("p")}}}));
  }
  open(false);
  EXPECT_EQ(passwords().size(), 11U);
}

TEST_F(TextDirectoryTest, AFullDiskIsAnErrorAndChangesNothing) {
  const std::string before = contents(path + "/subscriber");
  const std::string long_text(100'000, 'x');
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &usual), 0);
  rlimit small = usual;
  small.rlim_cur = 4096;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  auto added = add("bob", long_text);
  auto updated =
      database->write(Update{.table = "subscriber", .columns = {"password"}, .values = {long_text}, .where = {}});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &usual), 0);
  ASSERT_FALSE(added);
  EXPECT_EQ(Database::fault_of(added.error()), Fault::Busy) << added.error().message;
  ASSERT_FALSE(updated);
  EXPECT_EQ(Database::fault_of(updated.error()), Fault::Busy) << updated.error().message;
  EXPECT_EQ(contents(path + "/subscriber"), before);
  EXPECT_THAT(passwords(), ElementsAre("se:cret"));
  EXPECT_FALSE(fs::exists(path + "/.subscriber.new"));
  EXPECT_TRUE(add("bob", "b")) << "there is room again";
  EXPECT_THAT(passwords(), ElementsAre("se:cret", "b"));
}

TEST_F(TextDirectoryTest, KeepsTheModeOfAFileThatItReplaces) {
  ASSERT_EQ(::chmod((path + "/subscriber").c_str(), 0600), 0);
  ASSERT_TRUE(database->write(Delete{.table = "subscriber"}));
  struct stat status{};
  ASSERT_EQ(::stat((path + "/subscriber").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(TextDirectoryTest, ChangesATableAndKeepsItsRows) {
  static constexpr Column at = date_time("at").or_default("2023-11-14 22:13:20");
  static constexpr Column note = character("note", 8).null();
  ASSERT_TRUE(database->change_table(
      {.table = "subscriber", .renamed = {{.from = "rpid", .to = "ident"}}, .added = {&at, &note}}));
  EXPECT_EQ(contents(path + "/subscriber"),
            "id(int,auto) username(string) domain(string) password(string) ident(string,null) at(int) "
            "note(string,null)\n"
            "1:alice:example.org:se\\:cret::1700000000:\n");
  EXPECT_THAT(passwords(), ElementsAre("se:cret"));
  EXPECT_FALSE(database->change_table({.table = "subscriber", .renamed = {{.from = "rpid", .to = "x"}}}));
  EXPECT_FALSE(database->change_table({.table = "subscriber", .added = {&note}}));
}

TEST_F(TextDirectoryTest, DropsItsTablesAndNothingElse) {
  const std::string url = "text://" + path;
  write_whole(path + "/notes.txt", "no table\n");
  ASSERT_TRUE(database->create_table(
      {.name = "made", .version = 1, .group = "test", .columns = version_table().columns, .keys = {}}));
  database.reset();
  ASSERT_TRUE(databases->drop(url));
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator(path)) left.push_back(entry.path().filename());
  EXPECT_THAT(left, ElementsAre("notes.txt"));
  EXPECT_FALSE(databases->drop(url)) << "it is no database any more";
  fs::remove(path + "/notes.txt");
  ASSERT_TRUE(databases->create(url).value()->make_table(version_table()));
  ASSERT_TRUE(databases->drop(url));
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(TextDirectoryTest, TakesNoPathForATable) {
  for (const char* name : {"../version", ".subscriber.schema", "", "/etc/passwd", "a/b"}) {
    EXPECT_FALSE(database->has_table(name).value()) << name;
    auto read = database->select(Select{.table = name});
    ASSERT_FALSE(read) << name;
    EXPECT_EQ(Database::fault_of(read.error()), Fault::NoSuchTable) << name;
  }
}

}  // namespace
}  // namespace carillon::storage
