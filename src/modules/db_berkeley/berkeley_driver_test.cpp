// SPDX-License-Identifier: Apache-2.0
// The driver contract on Berkeley DB files, and what is theirs: OpenSIPS's tables, journals, damage.
#include <db.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "modules/db_berkeley/berkeley_format.h"
#include "modules/db_berkeley/berkeley_rows.h"
#include "storage/driver_test_suite.h"

namespace carillon::storage {

namespace {

namespace fs = std::filesystem;
using db_berkeley::BerkeleyFormat;

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (fs::temp_directory_path() / "carillon-berkeley-XXXXXX").string();
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

std::unique_ptr<TableDirectoryDriver> make_driver(const db_berkeley::Settings& settings = {}) {
  return std::make_unique<TableDirectoryDriver>(
      TableDirectoryDriver::Settings{.scheme = "berkeley", .check_each_time = true},
      std::make_unique<BerkeleyFormat>(settings));
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Berkeley, DriverTest,
                         ::testing::Values(DriverUnderTest{
                             .name = "berkeley",
                             .make = [] { return make_driver(); },
                             .fresh_url = [] { return "berkeley://" + directory().fresh(); },
                         }),
                         driver_name);

namespace {

using Pairs = std::map<std::string, std::string>;

// What `db_load -T -t hash -f TEXT FILE` makes of lines that are a key and a value in turn.
void load(const std::string& file, const Pairs& pairs) {
  DB* database = nullptr;
  ASSERT_EQ(db_create(&database, nullptr, 0), 0);
  ASSERT_EQ(database->open(database, nullptr, file.c_str(), nullptr, DB_HASH, DB_CREATE, 0644), 0);
  for (const auto& [key, data] : pairs) {
    DBT key_bytes{};
    DBT data_bytes{};
    key_bytes.data = const_cast<char*>(key.data());
    key_bytes.size = static_cast<std::uint32_t>(key.size());
    data_bytes.data = const_cast<char*>(data.data());
    data_bytes.size = static_cast<std::uint32_t>(data.size());
    ASSERT_EQ(database->put(database, nullptr, &key_bytes, &data_bytes, 0), 0);
  }
  ASSERT_EQ(database->close(database, 0), 0);
}

Pairs dump(const std::string& file) {
  Pairs pairs;
  DB* database = nullptr;
  DBC* cursor = nullptr;
  EXPECT_EQ(db_create(&database, nullptr, 0), 0);
  EXPECT_EQ(database->open(database, nullptr, file.c_str(), nullptr, DB_HASH, DB_RDONLY, 0), 0);
  EXPECT_EQ(database->cursor(database, nullptr, &cursor, 0), 0);
  DBT key{};
  DBT data{};
  while (cursor->get(cursor, &key, &data, DB_NEXT) == 0) {
    pairs.emplace(std::string(static_cast<char*>(key.data), key.size),
                  std::string(static_cast<char*>(data.data), data.size));
  }
  cursor->close(cursor);
  database->close(database, 0);
  return pairs;
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class BerkeleyDirectoryTest : public ::testing::Test {
 protected:
  BerkeleyDirectoryTest() {
    fs::create_directory(path);
    load(path + "/version", {{"METADATA_COLUMNS", "table_name(str) table_version(int)"},
                             {"METADATA_KEY", "0 "},
                             {"METADATA_READONLY", "0"},
                             {"METADATA_LOGFLAGS", "0"},
                             {"METADATA_DEFAULTS", "NIL|0"},
                             {"location|", "location|1013"},
                             {"subscriber|", "subscriber|7"}});
    load(path + "/location", location);
    open({});
  }

  void open(const db_berkeley::Settings& settings) {
    database.reset();
    databases = std::make_unique<Databases>();
    databases->add_driver(make_driver(settings));
    database = databases->open("berkeley://" + path).value();
  }

  // As OpenSIPS's creation script has it, with a contact.
  const Pairs location{
      {"METADATA_COLUMNS", "id(int) username(str) domain(str) contact(str) expires(datetime) q(double) path(str)"},
      {"METADATA_KEY", "1 2 "},
      {"METADATA_READONLY", "0"},
      {"METADATA_LOGFLAGS", "7"},
      {"METADATA_DEFAULTS", "NIL|''|''|''|'2020-05-28 21:32:15'|1.0|NULL"},
      {"alice|example.org|", "NIL|alice|example.org|sip:a@1|2023-11-14 22:13:20|0.50|NULL"}};

  static Insert contact(const std::string& user, const std::string& uri) {
    return {.table = "location",
            .rows = {.columns = {"username", "domain", "contact"}, .values = {user, std::string("example.org"), uri}}};
  }

  std::string path = directory().fresh();
  std::unique_ptr<Databases> databases;
  std::shared_ptr<Database> database;
};

TEST_F(BerkeleyDirectoryTest, ReadsWhatOpensipsWrote) {
  EXPECT_TRUE(database->check_version("location", 1013));
  auto read = database->select(Select{.table = "location"});
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->rows.size(), 1U);
  EXPECT_EQ(read->rows[0], (std::vector<Value>{Null{}, std::string("alice"), std::string("example.org"),
                                               std::string("sip:a@1"), DateTime{1'700'000'000}, 0.5, Null{}}));
}

TEST_F(BerkeleyDirectoryTest, WritesWhatOpensipsReads) {
  ASSERT_TRUE(database->write(contact("bob", "sip:b@1")));
  Pairs expected = location;
  expected["alice|example.org|"] = "NULL|alice|example.org|sip:a@1|2023-11-14 22:13:20|0.5|NULL";
  expected["bob|example.org|"] = "NULL|bob|example.org|sip:b@1|2020-05-28 21:32:15|1|NULL";
  EXPECT_EQ(dump(path + "/location"), expected);
  for (const auto& entry : fs::directory_iterator(path)) {
    EXPECT_THAT(entry.path().filename(), ::testing::AnyOf("version", "location"));
  }
}

TEST_F(BerkeleyDirectoryTest, KeepsRowsThatItsKeyCannotTellApart) {
  ASSERT_TRUE(database->write(contact("alice", "sip:a@2")));
  open({});
  EXPECT_EQ(database->select(Select{.table = "location"})->rows.size(), 2U);
  EXPECT_TRUE(dump(path + "/location").contains("alice|example.org|"));
}

TEST_F(BerkeleyDirectoryTest, KeepsPipesThatOpensipsCannot) {
  ASSERT_TRUE(database->write(contact("NULL", "sip:a|b@1\x1a")));
  EXPECT_TRUE(dump(path + "/location")
                  .contains("\x1a"
                            "4eULL|example.org|"));
  open({});
  auto read = database->select(Select{
      .table = "location", .columns = {"contact"}, .where = {{.column = "username", .value = std::string("NULL")}}});
  EXPECT_EQ(read->rows.at(0).at(0), Value(std::string("sip:a|b@1\x1a")));
}

TEST_F(BerkeleyDirectoryTest, DeclaresNewTablesAsOpensipsDoes) {
  static constexpr Column columns[] = {auto_id(), character("username", 64).or_default(""), date_time("at").null()};
  static constexpr Key keys[] = {{KeyKind::Unique, "username"}};
  ASSERT_TRUE(
      database->create_table({.name = "made", .version = 3, .group = "test", .columns = columns, .keys = keys}));
  Pairs made = dump(path + "/made");
  EXPECT_EQ(made["METADATA_COLUMNS"], "id(int) username(str) at(datetime)");
  EXPECT_EQ(made["METADATA_KEY"], "1 ");
  EXPECT_EQ(made["METADATA_READONLY"], "0");
  EXPECT_EQ(made["METADATA_LOGFLAGS"], "0");
  EXPECT_EQ(made["METADATA_DEFAULTS"], "NIL|''|NULL");
  EXPECT_EQ(dump(path + "/version")["made|"], "made|3");
}

TEST_F(BerkeleyDirectoryTest, LeavesReadOnlyTablesAlone) {
  Pairs fixed = location;
  fixed["METADATA_READONLY"] = "1";
  fs::remove(path + "/location");
  load(path + "/location", fixed);
  auto written = database->write(contact("bob", "sip:b@1"));
  ASSERT_FALSE(written);
  EXPECT_EQ(Database::fault_of(written.error()), Fault::Unsupported);
  EXPECT_EQ(dump(path + "/location"), fixed);
}

TEST_F(BerkeleyDirectoryTest, JournalsWhatTheTableAsksFor) {
  open({.log_enable = true});
  ASSERT_TRUE(database->write(contact("bob", "sip:b@1")));
  ASSERT_TRUE(
      database->write(Delete{.table = "location", .where = {{.column = "username", .value = std::string("bob")}}}));
  ASSERT_TRUE(database->write(
      Upsert{.table = "version",
             .keys = {"table_name"},
             .rows = {.columns = {"table_name", "table_version"}, .values = {std::string("x"), std::int64_t{1}}}}));
  std::vector<std::string> journals;
  for (const auto& entry : fs::directory_iterator(path)) {
    if (entry.path().extension() == ".jnl") journals.push_back(entry.path());
  }
  ASSERT_EQ(journals.size(), 1U) << "the version table has no flags";
  EXPECT_THAT(fs::path(journals[0]).filename(), ::testing::MatchesRegex("location-[0-9]{14}\\.jnl"));
  EXPECT_EQ(contents(journals[0]),
            "INSERT|NULL|bob|example.org|sip:b@1|2020-05-28 21:32:15|1|NULL\nDELETE|bob|example.org|\n");
}

TEST_F(BerkeleyDirectoryTest, RefusesDamageByNameAndLeavesItAlone) {
  const std::string sound = contents(path + "/location");
  std::string broken = sound;
  for (std::size_t i = 4096; i < 4096 + 64; ++i) broken[i] = static_cast<char>(i * 31);
  Pairs too_few = location;
  too_few["alice|example.org|"] = "alice|example.org";
  for (const std::string& bytes : {std::string(), std::string("text\n"), sound.substr(0, sound.size() / 2), broken}) {
    std::ofstream(path + "/location", std::ios::binary) << bytes;
    auto read = database->select(Select{.table = "location"});
    ASSERT_FALSE(read) << bytes.size();
    EXPECT_EQ(Database::fault_of(read.error()), Fault::NotADatabase) << read.error().message;
    EXPECT_THAT(read.error().message, ::testing::HasSubstr(path + "/location: "));
    EXPECT_FALSE(database->write(contact("bob", "sip:b@1")));
    EXPECT_EQ(contents(path + "/location"), bytes);
  }
  fs::remove(path + "/location");
  load(path + "/location", too_few);
  EXPECT_THAT(database->select(Select{.table = "location"}).error().message,
              ::testing::HasSubstr("row 'alice|example.org|': it has 2 of 7 cells"));
}

TEST_F(BerkeleyDirectoryTest, AFullDiskIsAnErrorAndChangesNothing) {
  const std::string before = contents(path + "/location");
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &usual), 0);
  rlimit small = usual;
  small.rlim_cur = 16384;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  auto added = database->write(contact("bob", std::string(100'000, 'x')));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &usual), 0);
  ASSERT_FALSE(added);
  EXPECT_EQ(Database::fault_of(added.error()), Fault::Busy) << added.error().message;
  EXPECT_EQ(contents(path + "/location"), before);
  EXPECT_FALSE(fs::exists(path + "/.location.new"));
  EXPECT_TRUE(database->write(contact("bob", "sip:b@1")));
}

TEST(BerkeleyRows, NamesWhatIsWrongInTheMetadata) {
  using ::testing::HasSubstr;
  const auto error_of = [](const std::string& columns, const std::string& key) {
    auto schema = db_berkeley::schema_of({{"METADATA_COLUMNS", columns}, {"METADATA_KEY", key}});
    return schema ? "" : schema.error().message;
  };
  EXPECT_EQ(error_of("a(int) b(str)", "0 1"), "");
  EXPECT_THAT(error_of("", "0"), HasSubstr("METADATA_COLUMNS is missing"));
  EXPECT_THAT(error_of("a b(int)", "0"), HasSubstr("must look like name(type)"));
  EXPECT_THAT(error_of("a(int) a(int)", "0"), HasSubstr("'a' is there twice"));
  EXPECT_THAT(error_of("a(int)", ""), HasSubstr("METADATA_KEY is missing"));
  EXPECT_THAT(error_of("a(int)", "1"), HasSubstr("the number of a column"));
}

}  // namespace
}  // namespace carillon::storage
