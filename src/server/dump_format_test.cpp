// SPDX-License-Identifier: Apache-2.0
// What is written to a dump is read from it, whatever the bytes.
#include "server/dump_format.h"

#include <gmock/gmock.h>

#include <limits>

namespace carillon::server::dump {
namespace {

using storage::Blob;
using storage::DateTime;
using storage::Null;
using storage::Value;

TEST(DumpFormat, KeepsEveryCell) {
  const std::vector<Value> cells = {Null{},
                                    std::int64_t{0},
                                    std::numeric_limits<std::int64_t>::min(),
                                    std::numeric_limits<std::int64_t>::max(),
                                    0.1,
                                    1.0,
                                    std::string(),
                                    std::string("a\0b\"\\\n\x7f", 7),
                                    std::string("grüß 😀"),
                                    std::string("\xff\xfe"),
                                    std::string("\xed\xa0\x80"),
                                    std::string("\xc0\x80"),
                                    std::string("\xf0\x9f"),
                                    Blob{},
                                    Blob{std::string("\0\xff", 2)},
                                    Blob{"abc"},
                                    DateTime{1767225599},
                                    DateTime{-2208988799}};
  const std::string line = row_line(cells);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto item = read_line(line);
  ASSERT_TRUE(item) << item.error().message;
  ASSERT_TRUE(std::holds_alternative<Row>(*item));
  EXPECT_EQ(std::get<Row>(*item).cells, cells);
}

TEST(DumpFormat, KeepsItsLines) {
  EXPECT_EQ(std::get<First>(read_line(first_line({"a", "b\""})).value()).tables,
            (std::vector<std::string>{"a", "b\""}));
  const auto table = std::get<Table>(read_line(table_line("acc", 7, {"id"})).value());
  EXPECT_EQ(table.name, "acc");
  EXPECT_EQ(table.version, 7U);
  EXPECT_EQ(table.columns, std::vector<std::string>{"id"});
  EXPECT_EQ(std::get<Last>(read_line(last_line(12)).value()).rows, 12U);
}

TEST(DumpFormat, RefusesWhatIsNone) {
  for (const char* line : {"", "null", "1", "{", "{}", "{\"carillon_dump\":2,\"tables\":[]}", "{\"carillon_dump\":1}",
                           "{\"table\":1}", "{\"table\":\"a\",\"version\":1}", "[{\"b\":\"?\"}]", "[{\"x\":\"\"}]",
                           "[true]", "[[]]", "[{\"b\":\"AA==\",\"t\":\"\"}]"}) {
    EXPECT_FALSE(read_line(line)) << line;
  }
}

TEST(DumpFormat, GivesValuesTheTypeOfTheirColumn) {
  const auto blob = storage::blob("x");
  const auto text = storage::text("x");
  const auto moment = storage::date_time("x");
  const auto number = storage::integer("x");
  const auto real = storage::floating("x", 10, 2);
  EXPECT_EQ(as_declared(std::string("a"), &blob), Value(Blob{"a"}));
  EXPECT_EQ(as_declared(Blob{"a"}, &text), Value(std::string("a")));
  EXPECT_EQ(as_declared(std::int64_t{5}, &text), Value(std::string("5")));
  EXPECT_EQ(as_declared(std::string("1970-01-01 00:00:05"), &moment), Value(DateTime{5}));
  EXPECT_EQ(as_declared(std::string("never"), &moment), Value(std::string("never")));
  EXPECT_EQ(as_declared(std::string("12"), &number), Value(std::int64_t{12}));
  EXPECT_EQ(as_declared(std::string("12a"), &number), Value(std::string("12a")));
  EXPECT_EQ(as_declared(std::int64_t{1}, &real), Value(1.0));
  EXPECT_EQ(as_declared(Null{}, &real), Value(Null{}));
  EXPECT_EQ(as_declared(std::string("as it is"), nullptr), Value(std::string("as it is")));
}

}  // namespace
}  // namespace carillon::server::dump
