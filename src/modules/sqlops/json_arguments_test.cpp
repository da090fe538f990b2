// SPDX-License-Identifier: Apache-2.0
#include "modules/sqlops/json_arguments.h"

#include <gtest/gtest.h>

namespace carillon::sqlops {
namespace {

using storage::Comparison;
using storage::Null;
using storage::Value;

template <typename T>
std::string mistake(std::string_view text) {
  const auto parsed = T::parse(text);
  return parsed ? std::string() : parsed.error().message;
}

TEST(ColumnNames, are_an_array_of_texts) {
  EXPECT_EQ(ColumnNames::parse(R"( ["a", "B_2"] )")->names, (std::vector<std::string>{"a", "B_2"}));
  EXPECT_TRUE(ColumnNames::parse(R"(["*"])")->names.empty());
  for (const std::string_view wrong : {"", "[]", "{}", "\"a\"", "[1]", "[\"\"]", "[\"a\",]", "[\"a\"] x",
                                       "[\"a\\\"b\"]", "[\"a;b\"]", "[[\"a\"]]", "[null]", "[\"a\\u0000\"]"}) {
    EXPECT_FALSE(ColumnNames::parse(wrong).has_value()) << wrong;
  }
}

TEST(ColumnValues, are_pairs_with_values_of_their_type) {
  const auto values = ColumnValues::parse(R"([{"a":"x"},{"b":2},{"c":null},{"d":1.5,"e":true}])");
  ASSERT_TRUE(values.has_value());
  EXPECT_EQ(values->columns, (std::vector<std::string>{"a", "b", "c", "d", "e"}));
  EXPECT_EQ(values->values, (std::vector<Value>{std::string("x"), std::int64_t{2}, Null{}, 1.5, std::int64_t{1}}));
}

TEST(ColumnValues, that_are_wrong_say_why) {
  EXPECT_EQ(mistake<ColumnValues>("[]"), "has no column");
  EXPECT_EQ(mistake<ColumnValues>(R"([{"a":1},{"A":2}])"), "has the column 'A' twice");
  EXPECT_EQ(mistake<ColumnValues>(R"([{"a":{"=":1}}])"), "a value must be a text, a number or null");
  EXPECT_EQ(mistake<ColumnValues>(R"(["a"])"), "must be an array of {\"column\": value}");
  EXPECT_EQ(mistake<ColumnValues>(R"([{}])"), "must be an array of {\"column\": value}");
  EXPECT_EQ(mistake<ColumnValues>(R"({"a":1})"), "must be a JSON array");
  EXPECT_EQ(mistake<ColumnValues>(R"([{"a; DROP":1}])"), "'a; DROP' is no name of a column");
}

TEST(Filter, compares_by_operators) {
  const auto filter = Filter::parse(
      R"([{"a":"x"},{"b":{">":2}},{"c":{"!=":null}},{"d":{"like":"x%"}},{"e":null},{"f":{"<=":1}},{"g":{"IS":null}}])");
  ASSERT_TRUE(filter.has_value());
  std::vector<Comparison> comparisons;
  for (const auto& condition : filter->conditions) comparisons.push_back(condition.comparison);
  EXPECT_EQ(comparisons, (std::vector{Comparison::Equal, Comparison::Greater, Comparison::NotEqual, Comparison::Like,
                                      Comparison::Equal, Comparison::LessOrEqual, Comparison::Equal}));
  EXPECT_EQ(filter->conditions[0].value, Value(std::string("x")));
  EXPECT_EQ(filter->conditions[2].value, Value(Null{}));
}

TEST(Filter, of_no_pair_is_all_rows) { EXPECT_TRUE(Filter::parse("[]")->conditions.empty()); }

TEST(Filter, that_is_wrong_says_why) {
  EXPECT_EQ(mistake<Filter>(R"([{"a":{"~":1}}])"), "there is no operator '~'");
  EXPECT_EQ(mistake<Filter>(R"([{"a":{"= 1 OR 1":1}}])"), "there is no operator '= 1 OR 1'");
  EXPECT_EQ(mistake<Filter>(R"([{"a":{}}])"), "must be {\"column\": {\"operator\": value}}");
  EXPECT_EQ(mistake<Filter>(R"([{"a":{">":1,"<":2}}])"), "must be {\"column\": {\"operator\": value}}");
  EXPECT_EQ(mistake<Filter>(R"([{"a":{">":null}}])"), "null is only equal or not equal to something");
  EXPECT_EQ(mistake<Filter>(R"([{"a":[1]}])"), "a value must be a text, a number or null");
  EXPECT_FALSE(mistake<Filter>(R"([{"a":)").empty());
}

TEST(Filter, hostile_texts_are_values) {
  const auto filter = Filter::parse("[{\"a\":\"' OR 1=1 -- \\\" \\u0000 \xF0\x9F\x98\x80\"}]");
  ASSERT_TRUE(filter.has_value());
  EXPECT_EQ(std::get<std::string>(filter->conditions[0].value), std::string("' OR 1=1 -- \" \0 \xF0\x9F\x98\x80", 20));
}

}  // namespace
}  // namespace carillon::sqlops
