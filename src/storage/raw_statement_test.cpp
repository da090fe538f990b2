// SPDX-License-Identifier: Apache-2.0
// The SQL of drivers that have none of their own.
#include "storage/raw_statement.h"

#include <gmock/gmock.h>

namespace carillon::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ParsedStatement parse(std::string text, std::vector<Value> parameters = {}) {
  auto parsed = parse_statement({.text = std::move(text), .parameters = std::move(parameters)});
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed.value_or(ParsedStatement{});
}

std::string error_of(std::string text, std::vector<Value> parameters = {}) {
  auto parsed = parse_statement({.text = std::move(text), .parameters = std::move(parameters)});
  return parsed ? "" : parsed.error().message;
}

TEST(RawStatement, ReadsASelect) {
  const auto parsed = parse(
      "select a, \"b\"\"c\" FROM `t` WHERE a >= ? AND b <> 'it''s' AND c IS NOT NULL and d like '%x_' AND e=-1.5 "
      "ORDER BY a DESC LIMIT 7;",
      {std::int64_t{3}});
  const auto& select = std::get<Select>(parsed.what);
  EXPECT_EQ(select.table, "t");
  EXPECT_THAT(select.columns, ElementsAre("a", "b\"c"));
  ASSERT_EQ(select.where.size(), 5U);
  EXPECT_EQ(select.where[0].comparison, Comparison::GreaterOrEqual);
  EXPECT_EQ(select.where[0].value, Value(std::int64_t{3}));
  EXPECT_EQ(select.where[1].value, Value(std::string("it's")));
  EXPECT_EQ(select.where[2].comparison, Comparison::NotEqual);
  EXPECT_EQ(select.where[2].value, Value(Null{}));
  EXPECT_EQ(select.where[3].comparison, Comparison::Like);
  EXPECT_EQ(select.where[4].value, Value(-1.5));
  EXPECT_EQ(select.order_by, "a");
  EXPECT_TRUE(select.descending);
  EXPECT_EQ(select.limit, 7U);
  EXPECT_TRUE(std::get<Select>(parse("SELECT * FROM t").what).columns.empty());
  EXPECT_TRUE(parse("SELECT COUNT(*) FROM t").count);
}

TEST(RawStatement, ReadsWhatWrites) {
  const auto insert =
      std::get<Insert>(std::get<Write>(parse("INSERT INTO t (a,b) VALUES (1,?),(NULL,'x')", {std::string("y")}).what));
  EXPECT_THAT(insert.rows.values, ElementsAre(std::int64_t{1}, std::string("y"), Value(Null{}), std::string("x")));
  const auto update = std::get<Update>(std::get<Write>(parse("UPDATE t SET a = 1, b = NULL WHERE c < 2").what));
  EXPECT_THAT(update.columns, ElementsAre("a", "b"));
  EXPECT_EQ(update.where.at(0).comparison, Comparison::Less);
  EXPECT_TRUE(std::get<Delete>(std::get<Write>(parse("DELETE FROM t").what)).where.empty());
}

TEST(RawStatement, SaysWhatItDoesNotUnderstand) {
  EXPECT_THAT(error_of(""), HasSubstr("SELECT, INSERT, UPDATE or DELETE"));
  EXPECT_THAT(error_of("DROP TABLE t"), HasSubstr("SELECT, INSERT, UPDATE or DELETE"));
  EXPECT_THAT(error_of("SELECT a FROM t; DELETE FROM t"), HasSubstr("more than one statement"));
  EXPECT_THAT(error_of("SELECT a FROM t WHERE b = ?"), HasSubstr("more ? than"));
  EXPECT_THAT(error_of("SELECT a FROM t", {Null{}}), HasSubstr("not as many ?"));
  EXPECT_THAT(error_of("SELECT a FROM t WHERE b"), HasSubstr("an operator"));
  EXPECT_THAT(error_of("SELECT a FROM t WHERE b = 'open"), HasSubstr("a value"));
  EXPECT_THAT(error_of("SELECT a FROM t WHERE b = 1x"), HasSubstr("a number"));
  EXPECT_THAT(error_of("SELECT a FROM t LIMIT 0"), HasSubstr("LIMIT"));
  EXPECT_THAT(error_of("INSERT INTO t (a,b) VALUES (1)"), HasSubstr("not as many values"));
  EXPECT_THAT(error_of("UPDATE t SET a > 1"), HasSubstr("'=' is expected"));
}

}  // namespace
}  // namespace carillon::storage
