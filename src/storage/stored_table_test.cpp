// SPDX-License-Identifier: Apache-2.0
// Tables in memory: what the driver suite can't see of keys, undoing, NULLs and schemas.
#include "storage/stored_table.h"

#include <gmock/gmock.h>

namespace carillon::storage {
namespace {

constexpr Column kColumns[] = {auto_id(), character("name", 8).null(), integer("n").or_default("5")};
constexpr Key kKeys[] = {{KeyKind::Unique, "name"}};
constexpr TableSpec kSpec{.name = "t", .version = 1, .group = "test", .columns = kColumns, .keys = kKeys};

Insert insert(std::vector<Value> names) {
  return {.table = "t", .rows = {.columns = {"name"}, .values = std::move(names)}};
}

std::vector<std::string> names(const StoredTable& table, Conditions where = {}) {
  std::vector<std::string> result;
  auto found = table.find(Select{.table = "t", .where = std::move(where)});
  EXPECT_TRUE(found) << found.error().message;
  for (const StoredRowPtr& row : *found) {
    const auto* text = std::get_if<std::string>(&(*row)[1]);
    result.push_back(text != nullptr ? *text : "NULL");
  }
  return result;
}

Condition name_is(Comparison comparison, Value value) {
  return {.column = "name", .comparison = comparison, .value = std::move(value)};
}

using ::testing::ElementsAre;

TEST(StoredTable, TakesBackEverything) {
  StoredTable table("t", StoredSchema::of(kSpec));
  StoredTable::Changes before;
  ASSERT_TRUE(table.apply(insert({std::string("a"), std::string("b")}), before));
  StoredTable::Changes changes;
  ASSERT_TRUE(table.apply(Delete{.table = "t", .where = {name_is(Comparison::Equal, std::string("a"))}}, changes));
  ASSERT_TRUE(table.apply(insert({std::string("c"), std::string("a")}), changes));
  ASSERT_TRUE(table.apply(Update{.table = "t", .columns = {"n"}, .values = {std::int64_t{9}}}, changes));
  EXPECT_FALSE(table.apply(insert({std::string("d"), std::string("a")}), changes)) << "half way through";
  table.undo(changes);
  EXPECT_THAT(names(table), ElementsAre("a", "b"));
  EXPECT_THAT(names(table, {{.column = "n", .value = std::int64_t{5}}}), ElementsAre("a", "b"));
  StoredTable::Changes again;
  EXPECT_FALSE(table.apply(insert({std::string("a")}), again)) << "the key is known again";
  EXPECT_TRUE(table.apply(insert({std::string("c")}), again)) << "and that one is free";
}

TEST(StoredTable, AKeyHoldsAnyNumberOfNulls) {
  StoredTable table("t", StoredSchema::of(kSpec));
  StoredTable::Changes changes;
  ASSERT_TRUE(table.apply(insert({Null{}, Null{}, std::string("")}), changes));
  EXPECT_THAT(names(table, {name_is(Comparison::Equal, Null{})}), ElementsAre("NULL", "NULL"));
  EXPECT_THAT(names(table, {name_is(Comparison::Equal, std::string(""))}), ElementsAre(""));
  EXPECT_TRUE(names(table, {name_is(Comparison::Less, std::string("z")), name_is(Comparison::Equal, Null{})}).empty());
}

TEST(StoredTable, EmptyTextIsNullWhereTheFileCannotTell) {
  StoredSchema schema = StoredSchema::of(kSpec);
  schema.empty_is_null = true;
  StoredTable table("t", schema);
  StoredTable::Changes changes;
  ASSERT_TRUE(table.apply(insert({std::string(""), std::string(""), Null{}, std::string("a")}), changes));
  EXPECT_EQ(names(table, {name_is(Comparison::Equal, std::string(""))}).size(), 3U);
  EXPECT_EQ(names(table, {name_is(Comparison::Equal, Null{})}).size(), 3U);
  EXPECT_THAT(names(table, {name_is(Comparison::NotEqual, Null{})}), ElementsAre("a"));
  const DeleteRows empty{.table = "t", .keys = {.columns = {"name"}, .values = {Null{}}}};
  EXPECT_EQ(table.apply(empty, changes).value(), 3U);
}

TEST(StoredTable, LikeIsThatOfSql) {
  StoredTable table("t", StoredSchema::of(kSpec));
  StoredTable::Changes changes;
  ASSERT_TRUE(table.apply(insert({std::string("abcab"), std::string("ABX"), std::string("")}), changes));
  const auto like = [&table](const char* pattern) {
    return names(table, {name_is(Comparison::Like, std::string(pattern))});
  };
  EXPECT_THAT(like("ab%"), ElementsAre("abcab", "ABX"));
  EXPECT_THAT(like("%ab"), ElementsAre("abcab"));
  EXPECT_THAT(like("a_x"), ElementsAre("ABX"));
  EXPECT_THAT(like("%"), ElementsAre("abcab", "ABX", ""));
  EXPECT_THAT(like("%b%b"), ElementsAre("abcab"));
  EXPECT_TRUE(like("_").empty());
}

TEST(StoredTable, RefusesWhatNoCellCanBe) {
  StoredTable table("t", StoredSchema::of(kSpec));
  StoredTable::Changes changes;
  const Insert wrong{.table = "t", .rows = {.columns = {"n"}, .values = {std::string("five")}}};
  EXPECT_THAT(table.apply(wrong, changes).error().message, ::testing::HasSubstr("column 'n': a number is expected"));
  const Insert null{.table = "t", .rows = {.columns = {"n"}, .values = {Null{}}}};
  EXPECT_THAT(table.apply(null, changes).error().message, ::testing::HasSubstr("'n' must not be NULL"));
  ASSERT_TRUE(table.apply(insert({std::string("a")}), changes));
  EXPECT_TRUE(names(table, {{.column = "n", .value = std::string("five")}}).empty());
}

TEST(StoredSchema, ComesBackFromItsText) {
  constexpr Column columns[] = {
      auto_id(),        text("with", 12).or_default("a = b,c"), floating("f").null(), big_integer("b"),
      blob("x").null(), date_time("d").or_default("")};
  constexpr Key keys[] = {{KeyKind::Primary, "with,b"}, {KeyKind::Index, "f"}};
  const StoredSchema schema =
      StoredSchema::of({.name = "t", .version = 1, .group = "test", .columns = columns, .keys = keys});
  const auto read = StoredSchema::parse(schema.text());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, schema);
  using ::testing::HasSubstr;
  EXPECT_THAT(StoredSchema::parse("column a int\ncolumn a int\n").error().message,
              HasSubstr("line 2: a column is there"));
  EXPECT_THAT(StoredSchema::parse("column a number\n").error().message, HasSubstr("line 1: a column is not"));
  EXPECT_THAT(StoredSchema::parse("column a int\nkey unique b\n").error().message, HasSubstr("line 2: the key"));
  EXPECT_THAT(StoredSchema::parse("row a\n").error().message, HasSubstr("neither a column nor a key"));
}

}  // namespace
}  // namespace carillon::storage
