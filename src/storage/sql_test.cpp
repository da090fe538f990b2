// SPDX-License-Identifier: Apache-2.0
// SQL text in each dialect: names quoted, values never in it.
#include "storage/sql.h"

#include <gmock/gmock.h>

namespace carillon::storage::sql {
namespace {

using ::testing::ElementsAre;

std::string column_type(const Column& column) {
  if (column.auto_increment) return "SERIAL PRIMARY KEY";
  return column.type == ColumnType::Char ? "VARCHAR(" + std::to_string(column.length) + ")" : "TYPE";
}

constexpr Dialect kPostgres{
    .numbered_parameters = true, .equal_or_both_null = " IS NOT DISTINCT FROM ", .column_type = column_type};
constexpr Dialect kMysql{.quote = '`',
                         .upsert = Dialect::UpsertForm::OnDuplicateKey,
                         .equal_or_both_null = " <=> ",
                         .column_type = column_type,
                         .table_suffix = " ENGINE=InnoDB"};

const Rows kRows{.columns = {"a", "b", "c"}, .values = {}};

TEST(Sql, QuotesNames) {
  EXPECT_EQ(quoted(kPostgres, R"(a"b)"), R"("a""b")");
  EXPECT_EQ(quoted(kMysql, "a`; DROP"), "`a``; DROP`");
}

TEST(Sql, Selects) {
  const Select query{.table = "location",
                     .columns = {"contact", "q"},
                     .where = {{.column = "username", .value = std::string("x' OR 1=1")},
                               {.column = "domain", .value = Null{}},
                               {.column = "expires", .comparison = Comparison::Greater, .value = std::int64_t{5}}},
                     .order_by = "q",
                     .descending = true,
                     .limit = 3};
  const Statement statement = select(kPostgres, query);
  EXPECT_EQ(statement.text,
            R"(SELECT "contact", "q" FROM "location" WHERE "username" = $1 AND "domain" IS NULL AND "expires" > $2)"
            R"( ORDER BY "q" DESC LIMIT 3)");
  EXPECT_THAT(statement.parameters, ElementsAre(&query.where[0].value, &query.where[2].value));
  EXPECT_EQ(select(kMysql, Select{.table = "t"}).text, "SELECT * FROM `t`");
}

TEST(Sql, UpdatesAndDeletes) {
  const Update change{.table = "t",
                      .columns = {"a", "b"},
                      .values = {std::int64_t{1}, Null{}},
                      .where = {{.column = "c", .comparison = Comparison::Like, .value = std::string("%")}}};
  const Statement statement = update(kPostgres, change);
  EXPECT_EQ(statement.text, R"(UPDATE "t" SET "a" = $1, "b" = $2 WHERE "c" LIKE $3)");
  EXPECT_THAT(statement.parameters, ElementsAre(&change.values[0], &change.values[1], &change.where[0].value));
  EXPECT_EQ(remove(kMysql, Delete{.table = "t",
                                  .where = {{.column = "a", .comparison = Comparison::NotEqual, .value = Null{}}}})
                .text,
            "DELETE FROM `t` WHERE `a` IS NOT NULL");
  EXPECT_EQ(delete_row(kMysql, {.table = "t", .keys = kRows}),
            "DELETE FROM `t` WHERE `a` <=> ? AND `b` <=> ? AND `c` <=> ?");
}

TEST(Sql, InsertsAndUpserts) {
  EXPECT_EQ(insert_rows(kPostgres, {.table = "t", .rows = kRows}),
            R"(INSERT INTO "t" ("a", "b", "c") VALUES ($1, $2, $3))");
  EXPECT_EQ(upsert_rows(kPostgres, {.table = "t", .keys = {"a"}, .rows = kRows}),
            R"(INSERT INTO "t" ("a", "b", "c") VALUES ($1, $2, $3) ON CONFLICT ("a") DO UPDATE SET )"
            R"("b" = excluded."b", "c" = excluded."c")");
  EXPECT_EQ(upsert_rows(kPostgres, {.table = "t", .keys = {"a", "b", "c"}, .rows = kRows}),
            R"(INSERT INTO "t" ("a", "b", "c") VALUES ($1, $2, $3) ON CONFLICT ("a", "b", "c") DO NOTHING)");
  EXPECT_EQ(upsert_rows(kMysql, {.table = "t", .keys = {"a", "b"}, .rows = kRows}),
            "INSERT INTO `t` (`a`, `b`, `c`) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE `c` = VALUES(`c`)");
}

TEST(Sql, TakesManyRowsAtOnce) {
  const Rows pairs{.columns = {"a", "b"}, .values = {}};
  EXPECT_EQ(insert_rows(kPostgres, {.table = "t", .rows = pairs}, 2),
            R"(INSERT INTO "t" ("a", "b") VALUES ($1, $2), ($3, $4))");
  EXPECT_EQ(delete_rows(kPostgres, {.table = "t", .keys = pairs}, 2),
            R"(DELETE FROM "t" WHERE ("a" = $1 AND "b" = $2) OR ("a" = $3 AND "b" = $4))");
  EXPECT_EQ(delete_rows(kMysql, {.table = "t", .keys = {.columns = {"a"}, .values = {}}}, 3),
            "DELETE FROM `t` WHERE `a` IN (?, ?, ?)");
}

TEST(Sql, CreatesTables) {
  static constexpr Column columns[] = {auto_id(), character("name", 64).or_default("it's"),
                                       integer("n").or_default("7"), text("note").null(), integer("plain")};
  static constexpr Key keys[] = {{KeyKind::Unique, "name,n"}, {KeyKind::Index, "n"}};
  const TableSpec table{.name = "t", .version = 1, .group = "test", .columns = columns, .keys = keys};
  EXPECT_THAT(create_table(kMysql, table),
              ElementsAre("CREATE TABLE `t` (`id` SERIAL PRIMARY KEY, `name` VARCHAR(64) NOT NULL DEFAULT 'it''s', "
                          "`n` TYPE NOT NULL DEFAULT 7, `note` TYPE DEFAULT NULL, `plain` TYPE NOT NULL, "
                          "UNIQUE (`name`, `n`)) ENGINE=InnoDB",
                          "CREATE INDEX `t_2_idx` ON `t` (`n`)"));
}

}  // namespace
}  // namespace carillon::storage::sql
