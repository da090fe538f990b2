// SPDX-License-Identifier: Apache-2.0
// The contract of storage::Driver as tests: a driver's test includes this and instantiates DriverTest with itself.
#pragma once

#include <gmock/gmock.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "storage/database.h"
#include "storage/driver.h"

namespace carillon::storage {

struct DriverUnderTest {
  std::string name;  // of the instantiation
  std::function<std::unique_ptr<Driver>()> make;
  // The URL of a database that isn't there yet; each call names another one.
  std::function<std::string()> fresh_url;
  // Makes the database, for kinds whose databases are made by other means than Driver::create_database().
  std::function<void(const std::string& url)> provide = [](const std::string&) {};
};

// For the names in test output.
inline std::string driver_name(const ::testing::TestParamInfo<DriverUnderTest>& info) { return info.param.name; }

class DriverTest : public ::testing::TestWithParam<DriverUnderTest> {
 protected:
  void SetUp() override {
    databases.add_driver(GetParam().make());
    url = GetParam().fresh_url();
    GetParam().provide(url);
    auto created = databases.create(url);
    ASSERT_TRUE(created) << created.error().message;
    database = *created;
    auto made = database->create_table(kContacts);
    ASSERT_TRUE(made) << made.error().message;
  }

  static constexpr Column kColumns[] = {
      big_integer("contact_id"),
      character("username", 64).or_default(""),
      character("domain", 64).null(),
      text("contact"),
      integer("expires"),
      real("q").or_default("1.0"),
      integer("cseq").or_default("13"),
      date_time("last_modified").or_default("1900-01-01 00:00:01"),
      blob("extra").null(),
  };
  static constexpr Key kKeys[] = {
      {KeyKind::Primary, "contact_id"}, {KeyKind::Unique, "username,contact"}, {KeyKind::Index, "username"}};
  static constexpr TableSpec kContacts{
      .name = "contacts", .version = 1013, .group = "test", .columns = kColumns, .keys = kKeys};

  // Rows of (contact_id, username, contact, expires).
  static Rows rows(std::initializer_list<std::tuple<std::int64_t, std::string, std::string, std::int64_t>> list) {
    Rows result{.columns = {"contact_id", "username", "contact", "expires"}, .values = {}};
    for (const auto& [id, username, contact, expires] : list) {
      result.values.insert(result.values.end(), {id, username, contact, expires});
    }
    return result;
  }

  void insert(Rows added) {
    auto written = database->write(Insert{.table = "contacts", .rows = std::move(added)});
    ASSERT_TRUE(written) << written.error().message;
  }

  // The user names of the rows that match, in the order of contact_id.
  [[nodiscard]] std::vector<std::string> usernames(Conditions where = {}) {
    std::vector<std::string> result;
    const Select query{
        .table = "contacts", .columns = {"username"}, .where = std::move(where), .order_by = "contact_id"};
    auto read = database->select(query, [&](const Row& row) {
      result.emplace_back(row.text(0));
      return true;
    });
    EXPECT_TRUE(read) << read.error().message;
    return result;
  }

  Databases databases;
  std::string url;
  std::shared_ptr<Database> database;
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DriverTest);

TEST_P(DriverTest, RefusesToOpenWhatWasNeverCreated) {
  Databases others;
  others.add_driver(GetParam().make());
  auto opened = others.open(GetParam().fresh_url());
  ASSERT_FALSE(opened);
  EXPECT_EQ(Database::fault_of(opened.error()), Fault::Unavailable) << opened.error().message;
}

TEST_P(DriverTest, CreatesTwiceWithoutHarm) {
  insert(rows({{1, "alice", "sip:a@1", 10}}));
  ASSERT_TRUE(databases.create(url));
  ASSERT_TRUE(database->create_table(kContacts));
  EXPECT_THAT(usernames(), ::testing::ElementsAre("alice"));
}

TEST_P(DriverTest, TellsBothVersionsOnMismatch) {
  EXPECT_TRUE(database->check_version("contacts", 1013));
  auto checked = database->check_version("contacts", 1014);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message, ::testing::HasSubstr("table 'contacts' has version 1013, but version 1014"));
  TableSpec newer = kContacts;
  newer.version = 1014;
  EXPECT_FALSE(database->create_table(newer)) << "an existing table of another version is left alone";
  EXPECT_THAT(database->check_version("unheard_of", 1).error().message, ::testing::HasSubstr("'unheard_of'"));
}

TEST_P(DriverTest, AcceptsAnOlderVersionThatHasTheColumns) {
  static constexpr std::uint32_t kOlder[] = {1012, 1013};
  static constexpr Column kMore[] = {big_integer("contact_id"), text("contact"), text("not_there").null()};
  TableSpec newer = kContacts;
  newer.version = 1014;
  newer.older_versions = kOlder;
  auto accepted = database->check_table(newer);
  EXPECT_TRUE(accepted) << accepted.error().message;
  newer.columns = kMore;
  const auto lacking = database->check_table(newer);
  ASSERT_FALSE(lacking);
  EXPECT_THAT(lacking.error().message, ::testing::HasSubstr("table 'contacts' has version 1013, and not all columns"));
  const std::vector<std::string> read = {"contact_id", "contact"};
  EXPECT_TRUE(database->check_table(newer, read)) << "what the module doesn't read may be missing";
  newer.older_versions = {};
  EXPECT_THAT(database->check_table(newer).error().message, ::testing::HasSubstr("but version 1014 is needed"));
}

TEST_P(DriverTest, KnowsItsTables) {
  EXPECT_TRUE(database->has_table("contacts").value());
  EXPECT_FALSE(database->has_table("nothing").value());
  auto read = database->select(Select{.table = "nothing"}, [](const Row&) { return true; });
  ASSERT_FALSE(read);
  EXPECT_EQ(Database::fault_of(read.error()), Fault::NoSuchTable) << read.error().message;
}

TEST_P(DriverTest, ReadsBackEveryTypeOfValue) {
  const std::string hostile = "'; DROP TABLE contacts; -- \" ` \\ %s ?";
  const std::string bytes("\0\1\xff'\"", 5);
  const Rows all{.columns = {"contact_id", "username", "domain", "contact", "expires", "q", "last_modified", "extra"},
                 .values = {std::int64_t{0x7fffffffffffffff}, hostile, Null{}, std::string("größer"), std::int64_t{-5},
                            0.25, DateTime{1'700'000'000}, Blob{bytes}}};
  insert(all);
  auto read = database->select(Select{.table = "contacts", .columns = all.columns});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->columns, all.columns);
  ASSERT_EQ(read->rows.size(), 1U);
  EXPECT_EQ(read->rows[0], all.values);
}

// Texts of strangers. Only spaces at the end aren't among them: MySQL's CHAR loses those.
TEST_P(DriverTest, KeepsHostileTexts) {
  const std::string texts[] = {
      "O'Reilly",
      "\"quoted\" \\ back\\slash \\'",
      "'; DELETE FROM contacts; --",
      "$1 ? :name %s %n {} @x",
      "\U0001f600\U0001f4a9 gr\u00f6\u00dfer \u65e5\u672c",
      "line\r\nbreak\ttab\x01\x7f",
      "%_[a-z]*",
      "NULL",
      "  spaced",
  };
  std::int64_t id = 0;
  for (const std::string& text : texts) {
    insert({.columns = {"contact_id", "username", "domain", "contact", "expires", "extra"},
            .values = {++id, text, text, text, std::int64_t{1}, Blob{text}}});
    const auto read = database->select(Select{.table = "contacts",
                                              .columns = {"contact_id", "username", "domain", "contact", "extra"},
                                              .where = {{.column = "contact_id", .value = id},
                                                        {.column = "domain", .value = text},
                                                        {.column = "contact", .value = text}}});
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->rows.size(), 1U) << text;
    EXPECT_EQ(read->rows[0], (std::vector<Value>{id, text, text, text, Blob{text}})) << text;
    EXPECT_EQ(database
                  ->write(Update{.table = "contacts",
                                 .columns = {"domain"},
                                 .values = {text + "!"},
                                 .where = {{.column = "contact", .value = text}}})
                  .value(),
              1U);
  }
  EXPECT_EQ(usernames().size(), static_cast<std::size_t>(id));
}

// NUL and what isn't UTF-8 may come back as U+FFFD; nothing is ever cut off.
TEST_P(DriverTest, CutsNothingOff) {
  const std::string with_nul("before\0after", 12);
  const std::string latin1 = "caf\xe9 au lait";
  std::int64_t id = 0;
  for (const std::string& text : {with_nul, latin1}) {
    insert(rows({{++id, "u", text, 1}}));
    const Select query{.table = "contacts", .columns = {"contact"}, .where = {{.column = "contact_id", .value = id}}};
    const auto read = database->select(query);
    ASSERT_TRUE(read) << read.error().message;
    std::string replaced = text;
    for (const std::string& byte : {std::string(1, '\0'), std::string("\xe9")}) {
      if (const auto at = replaced.find(byte); at != std::string::npos) replaced.replace(at, 1, "\ufffd");
    }
    EXPECT_THAT(std::get<std::string>(read->rows.at(0).at(0)), ::testing::AnyOf(text, replaced));
    EXPECT_EQ(database->write(Delete{.table = "contacts", .where = {{.column = "contact", .value = text}}}).value(), 1U)
        << "what was written is found by what was written";
  }
  const std::string large(60'000, 'x');
  insert({.columns = {"contact_id", "contact", "expires", "extra"},
          .values = {std::int64_t{50}, large, std::int64_t{1}, Blob{large + '\0'}}});
  insert({.columns = {"contact_id", "contact", "expires", "extra"},
          .values = {std::int64_t{51}, std::string("short"), std::int64_t{1}, Blob{""}}});
  const auto read =
      database->select(Select{.table = "contacts", .columns = {"contact", "extra"}, .order_by = "contact_id"});
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->rows.size(), 2U);
  EXPECT_EQ(read->rows[0], (std::vector<Value>{large, Blob{large + '\0'}}));
  EXPECT_EQ(read->rows[1], (std::vector<Value>{std::string("short"), Blob{""}}));
}

TEST_P(DriverTest, FillsDefaults) {
  insert({.columns = {"contact_id", "contact", "expires"},
          .values = {std::int64_t{1}, std::string("sip:a@1"), std::int64_t{0}}});
  const Select query{.table = "contacts", .columns = {"username", "domain", "q", "cseq", "last_modified", "extra"}};
  std::size_t seen = 0;
  auto read = database->select(query, [&](const Row& row) {
    ++seen;
    EXPECT_EQ(row.text(0), "");
    EXPECT_FALSE(row.is_null(0));
    EXPECT_TRUE(row.is_null(1));
    EXPECT_DOUBLE_EQ(row.real(2), 1.0);
    EXPECT_EQ(row.integer(3), 13);
    EXPECT_EQ(row.text(4), "1900-01-01 00:00:01");
    EXPECT_TRUE(row.is_null(5));
    return true;
  });
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(seen, 1U);
}

TEST_P(DriverTest, ConvertsCellsToWhatIsAsked) {
  insert(rows({{7, "42", "not a number", 99}}));
  const Select query{.table = "contacts", .columns = {"contact_id", "username", "contact", "domain"}};
  auto read = database->select(query, [&](const Row& row) {
    EXPECT_EQ(row.size(), 4U);
    EXPECT_EQ(row.name(1), "username");
    EXPECT_EQ(row.text(0), "7");
    EXPECT_EQ(row.integer(1), 42);
    EXPECT_EQ(row.integer(2), 0);
    EXPECT_EQ(row.unix_seconds(2), 0);
    EXPECT_EQ(row.text(3), "");
    EXPECT_EQ(row.integer(3), 0);
    EXPECT_TRUE(row.is_null(4));
    EXPECT_EQ(row.text(4), "");
    EXPECT_EQ(row.integer(400), 0);
    return true;
  });
  ASSERT_TRUE(read) << read.error().message;
}

TEST_P(DriverTest, SelectsByConditionOrderAndLimit) {
  insert(rows({{1, "alice", "sip:a@1", 10}, {2, "bob", "sip:b@1", 20}, {3, "carol", "sip:c@1", 30}}));
  using ::testing::ElementsAre;
  const auto expires = [](Comparison comparison, std::int64_t value) {
    return Conditions{{.column = "expires", .comparison = comparison, .value = value}};
  };
  EXPECT_THAT(usernames(expires(Comparison::Equal, 20)), ElementsAre("bob"));
  EXPECT_THAT(usernames(expires(Comparison::NotEqual, 20)), ElementsAre("alice", "carol"));
  EXPECT_THAT(usernames(expires(Comparison::Less, 20)), ElementsAre("alice"));
  EXPECT_THAT(usernames(expires(Comparison::LessOrEqual, 20)), ElementsAre("alice", "bob"));
  EXPECT_THAT(usernames(expires(Comparison::Greater, 20)), ElementsAre("carol"));
  EXPECT_THAT(usernames(expires(Comparison::GreaterOrEqual, 20)), ElementsAre("bob", "carol"));
  EXPECT_THAT(usernames({{.column = "username", .comparison = Comparison::Like, .value = std::string("%o%")}}),
              ElementsAre("bob", "carol"));
  EXPECT_THAT(usernames({{.column = "domain", .value = Null{}},
                         {.column = "username", .comparison = Comparison::NotEqual, .value = std::string("bob")}}),
              ElementsAre("alice", "carol"));
  EXPECT_THAT(usernames({{.column = "domain", .comparison = Comparison::NotEqual, .value = Null{}}}),
              ::testing::IsEmpty());

  auto last = database->select(
      Select{.table = "contacts", .columns = {"username"}, .order_by = "expires", .descending = true, .limit = 2});
  ASSERT_TRUE(last);
  ASSERT_EQ(last->rows.size(), 2U);
  EXPECT_EQ(std::get<std::string>(last->rows[0][0]), "carol");
}

TEST_P(DriverTest, StopsReadingWhenToldTo) {
  insert(rows({{1, "alice", "sip:a@1", 10}, {2, "bob", "sip:b@1", 20}}));
  int seen = 0;
  ASSERT_TRUE(database->select(Select{.table = "contacts"}, [&](const Row&) { return ++seen < 1; }));
  EXPECT_EQ(seen, 1);
  EXPECT_FALSE(database->select(Select{.table = "contacts"}, 1)) << "more rows than allowed is an error";
  EXPECT_EQ(usernames().size(), 2U) << "an unfinished reading leaves nothing locked";
}

TEST_P(DriverTest, UpsertsByKeyAndKeepsOtherColumns) {
  insert(rows({{1, "alice", "sip:a@1", 10}}));
  ASSERT_TRUE(database->write(Update{.table = "contacts",
                                     .columns = {"domain", "cseq"},
                                     .values = {std::string("example.org"), std::int64_t{77}},
                                     .where = {{.column = "contact_id", .value = std::int64_t{1}}}}));
  auto written = database->write(Upsert{.table = "contacts",
                                        .keys = {"contact_id"},
                                        .rows = rows({{1, "alice", "sip:a@1", 99}, {2, "b", "sip:b@1", 5}})});
  ASSERT_TRUE(written) << written.error().message;
  auto read =
      database->select(Select{.table = "contacts", .columns = {"domain", "cseq", "expires"}, .order_by = "contact_id"});
  ASSERT_EQ(read->rows.size(), 2U);
  EXPECT_EQ(read->rows[0], (std::vector<Value>{std::string("example.org"), std::int64_t{77}, std::int64_t{99}}));
}

TEST_P(DriverTest, DeletesByConditionAndByRows) {
  insert(rows({{1, "alice", "sip:a@1", 10}, {2, "bob", "sip:b@1", 20}, {3, "carol", "sip:c@1", 30}, {4, "d", "x", 1}}));
  auto deleted = database->write(
      Delete{.table = "contacts",
             .where = {{.column = "expires", .comparison = Comparison::LessOrEqual, .value = std::int64_t{10}}}});
  EXPECT_EQ(deleted.value(), 2U);
  const DeleteRows by_key{.table = "contacts",
                          .keys = {.columns = {"contact_id", "domain"},
                                   .values = {std::int64_t{2}, Null{}, std::int64_t{3}, std::string("elsewhere"),
                                              std::int64_t{9}, Null{}}}};
  EXPECT_EQ(database->write(by_key).value(), 1U) << "NULL matches NULL, and nothing else does";
  EXPECT_THAT(usernames(), ::testing::ElementsAre("carol"));
}

TEST_P(DriverTest, WritesAllOrNothing) {
  insert(rows({{1, "alice", "sip:a@1", 10}}));
  const std::vector<Write> writes{
      Insert{.table = "contacts", .rows = rows({{2, "bob", "sip:b@1", 20}})},
      Delete{.table = "contacts", .where = {{.column = "contact_id", .value = std::int64_t{1}}}},
      Insert{.table = "contacts", .rows = rows({{3, "carol", "sip:c@1", 30}, {2, "bob", "sip:again", 20}})},
  };
  auto written = database->write(writes);
  ASSERT_FALSE(written);
  EXPECT_EQ(Database::fault_of(written.error()), Fault::Duplicate) << written.error().message;
  EXPECT_THAT(usernames(), ::testing::ElementsAre("alice"));
  EXPECT_FALSE(database->write(Insert{.table = "contacts", .rows = rows({{9, "alice", "sip:a@1", 1}})}))
      << "the unique key is one too";
}

TEST_P(DriverTest, ReadsWhatThereWasAtOneMoment) {
  insert(rows({{1, "alice", "sip:a@1", 10}}));
  std::vector<std::int64_t> read;
  const Select all{.table = "contacts", .columns = {"contact_id"}, .order_by = "contact_id"};
  const auto note = [&](const Row& row) {
    read.push_back(row.integer(0));
    return true;
  };
  auto done = database->read_snapshot([&](Connection& snapshot) -> base::Result<> {
    EXPECT_TRUE(snapshot.select(all, note));
    auto written = database->write(Insert{.table = "contacts", .rows = rows({{2, "bob", "sip:b@1", 20}})});
    EXPECT_TRUE(written) << written.error().message;
    EXPECT_TRUE(snapshot.has_table("contacts").value());
    return snapshot.select(all, note);
  });
  if (!done && Database::fault_of(done.error()) == Fault::Unsupported) {
    EXPECT_TRUE(read.empty());
    return;
  }
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(read, ::testing::ElementsAre(1, 1));
  EXPECT_THAT(usernames(), ::testing::ElementsAre("alice", "bob"));
  EXPECT_TRUE(database->write(Delete{.table = "contacts"})) << "the connection writes again";
}

TEST_P(DriverTest, TransactsInStepsOfWhichOneMayFail) {
  insert(rows({{1, "alice", "sip:a@1", 10}}));
  const auto steps = [&](bool succeed) {
    return database->transact([&, succeed](Transaction& transaction) -> base::Result<> {
      EXPECT_TRUE(transaction.write(Insert{.table = "contacts", .rows = rows({{2, "bob", "sip:b@1", 20}})}));
      const auto refused =
          transaction.write(Insert{.table = "contacts", .rows = rows({{3, "eve", "sip:e@1", 1}, {1, "a", "b", 1}})});
      if (refused) return base::fail("a key was taken twice");
      if (!transaction.stands()) return std::unexpected(refused.error());
      EXPECT_EQ(Database::fault_of(refused.error()), Fault::Duplicate) << refused.error().message;
      EXPECT_TRUE(transaction.write(Insert{.table = "contacts", .rows = rows({{4, "dan", "sip:d@1", 20}})}));
      return succeed ? base::Result<>() : base::fail("no more");
    });
  };
  auto failed = steps(false);
  ASSERT_FALSE(failed);
  EXPECT_THAT(usernames(), ::testing::ElementsAre("alice"));
  if (Database::fault_of(failed.error()) != Fault::Other) return;  // it has none, or none that goes on after a failure
  EXPECT_EQ(failed.error().message, "no more");
  auto done = steps(true);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(usernames(), ::testing::ElementsAre("alice", "bob", "dan"));
}

// More rows than one statement takes, of which some have the same key.
TEST_P(DriverTest, WritesManyRowsAtOnce) {
  constexpr std::int64_t kRows = 1500;
  const auto contact = [](std::int64_t id) { return "sip:" + std::to_string(id) + "@host"; };
  const std::vector<std::string> columns = {"contact_id", "username", "contact", "expires"};
  Rows added{.columns = columns, .values = {}};
  for (std::int64_t id = 0; id < kRows; ++id) {
    added.values.insert(added.values.end(), {id, std::string("user"), contact(id), std::int64_t{1}});
  }
  EXPECT_EQ(database->write(Insert{.table = "contacts", .rows = added}).value(), std::uint64_t{kRows});

  Rows changed{.columns = columns, .values = {}};
  for (std::int64_t id = 0; id < kRows; ++id) {
    for (const std::int64_t expires : {2, 3}) {  // the later one stays
      changed.values.insert(changed.values.end(), {id, std::string("user"), contact(id), expires});
    }
  }
  auto upserted = database->write(Upsert{.table = "contacts", .keys = {"contact_id"}, .rows = std::move(changed)});
  ASSERT_TRUE(upserted) << upserted.error().message;
  const Conditions latest{{.column = "expires", .value = std::int64_t{3}}};
  EXPECT_EQ(usernames(latest).size(), std::size_t{kRows});

  DeleteRows gone{.table = "contacts", .keys = {.columns = {"contact_id"}, .values = {}}};
  DeleteRows other{.table = "contacts", .keys = {.columns = {"username", "contact"}, .values = {}}};
  for (std::int64_t id = 0; id < kRows; id += 2) {
    gone.keys.values.emplace_back(id);
    other.keys.values.insert(other.keys.values.end(), {std::string("user"), contact(id + 1)});
  }
  other.keys.values.resize(20);
  EXPECT_EQ(database->write(gone).value(), std::uint64_t{kRows / 2});
  EXPECT_EQ(database->write(other).value(), 10U);
  EXPECT_EQ(usernames().size(), std::size_t{kRows / 2 - 10});
  EXPECT_TRUE(database->select(Select{.table = "contacts"}, [](const Row&) { return false; }));
  EXPECT_EQ(usernames().size(), std::size_t{kRows / 2 - 10}) << "after a reading that ended early";
}

TEST_P(DriverTest, TellsAFullNumberOfRowsTouched) {
  insert(rows({{1, "alice", "sip:a@1", 10}, {2, "bob", "sip:b@1", 10}}));
  const Update same{.table = "contacts", .columns = {"expires"}, .values = {std::int64_t{10}}};
  EXPECT_EQ(database->write(same).value(), 2U) << "also rows that have the value already";
}

TEST_P(DriverTest, RefusesRowsThatDoNotFitTheirColumns) {
  EXPECT_FALSE(database->write(
      Insert{.table = "contacts", .rows = {.columns = {"contact_id", "contact"}, .values = {std::int64_t{1}}}}));
  EXPECT_FALSE(database->write(
      Insert{.table = "contacts", .rows = {.columns = {"no_such_column"}, .values = {std::int64_t{1}}}}));
  EXPECT_TRUE(database->write(Insert{.table = "contacts", .rows = rows({})}));
}

TEST_P(DriverTest, CountsUpAutomaticIds) {
  static constexpr Column columns[] = {auto_id(), character("name", 32)};
  static constexpr Key keys[] = {{KeyKind::Index, "name"}};
  ASSERT_TRUE(
      database->create_table({.name = "numbered", .version = 1, .group = "test", .columns = columns, .keys = keys}));
  const Rows names{.columns = {"name"}, .values = {std::string("first"), std::string("second")}};
  ASSERT_TRUE(database->write(Insert{.table = "numbered", .rows = names}));
  auto read = database->select(Select{.table = "numbered", .columns = {"id", "name"}, .order_by = "id"});
  ASSERT_EQ(read->rows.size(), 2U);
  EXPECT_LT(std::get<std::int64_t>(read->rows[0][0]), std::get<std::int64_t>(read->rows[1][0]));
  EXPECT_EQ(read->rows[1][1], Value(std::string("second")));
}

TEST_P(DriverTest, RunsStatementsInItsOwnLanguageWithParameters) {
  insert(rows({{1, "alice", "sip:a@1", 10}, {2, "bob", "sip:b@1", 20}}));
  auto read = database->raw(
      {.text = "SELECT username, expires FROM contacts WHERE expires > ?", .parameters = {std::int64_t{15}}});
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->rows.size(), 1U);
  EXPECT_EQ(read->rows[0][0], Value(std::string("bob")));
  auto changed = database->raw({.text = "DELETE FROM contacts WHERE expires > ?", .parameters = {std::int64_t{15}}});
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_TRUE(changed->rows.empty());
  EXPECT_THAT(usernames(), ::testing::ElementsAre("alice"));
  EXPECT_FALSE(database->raw({.text = "SELECT 1 FROM contacts; DROP TABLE contacts"}));
  EXPECT_FALSE(database->raw({.text = "SELECT username FROM contacts WHERE expires > ?"}));
  EXPECT_FALSE(database->raw({.text = "not a statement"}));
  EXPECT_TRUE(database->has_table("contacts").value());
}

TEST_P(DriverTest, KeepsWhatWasWrittenForTheNextToOpen) {
  insert(rows({{1, "alice", "sip:a@1", 10}}));
  database.reset();
  Databases others;
  others.add_driver(GetParam().make());
  auto opened = others.open(url);
  ASSERT_TRUE(opened) << opened.error().message;
  database = *opened;
  EXPECT_THAT(usernames(), ::testing::ElementsAre("alice"));
}

TEST_P(DriverTest, ServesSeveralThreadsAtOnce) {
  constexpr std::int64_t kThreads = 6;
  constexpr std::int64_t kWrites = 20;
  {
    std::vector<std::jthread> threads;
    for (std::int64_t thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([this, thread] {
        for (std::int64_t i = 0; i < kWrites; ++i) {
          const std::int64_t id = thread * 1000 + i;
          auto written = database->write(
              Insert{.table = "contacts", .rows = rows({{id, "user", "sip:" + std::to_string(id), 1}})});
          EXPECT_TRUE(written) << written.error().message;
          EXPECT_GT(usernames().size(), 0U);
        }
      });
    }
  }
  EXPECT_EQ(usernames().size(), static_cast<std::size_t>(kThreads * kWrites));
}

}  // namespace carillon::storage
