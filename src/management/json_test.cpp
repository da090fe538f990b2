// SPDX-License-Identifier: Apache-2.0
// JSON in and out: order, bounds, bytes that are no text.
#include "management/json.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

namespace carillon::management {
namespace {

std::string round_trip(std::string_view text) {
  auto json = Json::parse(text);
  EXPECT_TRUE(json) << text << ": " << json.error().message;
  return json ? json->text() : "";
}

TEST(Json, KeepsWhatItReads) {
  for (const std::string_view text :
       {R"(null)", R"(true)", R"(false)", R"("")", R"([])", R"({})", R"(-9223372036854775808)", R"(0.1)",
        R"({"z":1,"a":[1,2.5,"x",null,{"b":{}}],"z":2})", R"("größer \"\\\n\u0001")", R"("\u0000")"}) {
    EXPECT_EQ(round_trip(text), text);
  }
  EXPECT_EQ(round_trip(" [ 1 , 2 ] \r\n"), "[1,2]");
  EXPECT_EQ(round_trip(R"("\ud83d\ude00")"), "\"\xf0\x9f\x98\x80\"");
  EXPECT_EQ(round_trip("18446744073709551615"), "1.8446744073709552e+19");
}

TEST(Json, RefusesWhatIsNoJson) {
  for (const std::string_view text :
       {"",       " ",   "nul",          "{",      "[1,]",     "{\"a\":}",     "{a:1}",
        "'x'",    "01",  "1 2",          "\"\n\"", "\"\xff\"", "\"\xc0\xaf\"", "\"\\ud800\"",
        "\"open", "[1}", "//comment\n1", "NaN",    "1e999",    "{\"a\":1,}"}) {
    EXPECT_FALSE(Json::parse(text)) << text;
  }
  EXPECT_FALSE(Json::parse(std::string_view("1\0", 2)));
  EXPECT_THAT(Json::parse("[1,x]").error().message, ::testing::HasSubstr("byte 4"));
}

TEST(Json, IsBoundedInDepthSizeAndNumber) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(Json::parse(nested(32)));
  EXPECT_FALSE(Json::parse(nested(33)));
  EXPECT_FALSE(Json::parse(std::string(1'000'000, '[')));
  EXPECT_FALSE(Json::parse("[1,2,3]", {.values = 3}));
  EXPECT_TRUE(Json::parse("[1,2,3]", {.values = 4}));
  EXPECT_FALSE(Json::parse("[1,2,3]", {.bytes = 6}));
}

TEST(Json, BuildsInOrder) {
  Json json;
  json.add("b", 1U);
  json.add("a", true);
  Json& list = json.add("list", Json::array());
  list.push_back("text");
  list.push_back(std::string_view("view"));
  list.push_back(2.5);
  list.push_back(std::numeric_limits<std::uint64_t>::max());
  list.push_back(Json());
  EXPECT_EQ(json.text(), R"({"b":1,"a":true,"list":["text","view",2.5,1.8446744073709552e+19,null]})");
  EXPECT_EQ(json.text(2), R"({
  "b": 1,
  "a": true,
  "list": [
    "text",
    "view",
    2.5,
    1.8446744073709552e+19,
    null
  ]
})");
  EXPECT_EQ(*json.find("b")->if_integer(), 1);
  EXPECT_EQ(json.find("B"), nullptr);
  EXPECT_EQ(Json(5).find("b"), nullptr);
  EXPECT_EQ(Json::parse(json.text()).value().text(), json.text());
}

TEST(Json, IndentsTextThatIsJsonAndLeavesOtherTextAlone) {
  EXPECT_EQ(indented(R"({"a":[1]})", 1), "{\n \"a\": [\n  1\n ]\n}");
  EXPECT_EQ(indented("", 4), "");
  EXPECT_EQ(indented("500 too many commands", 4), "500 too many commands");
}

TEST(Json, WritesOnlyValidUtf8) {
  EXPECT_EQ(Json("a\xff"
                 "b")
                .text(),
            "\"a\xef\xbf\xbd"
            "b\"");
  EXPECT_EQ(Json(std::string("\0\x1b\x7f", 3)).text(), "\"\\u0000\\u001b\x7f\"");
  EXPECT_EQ(Json(std::nan("")).text(), "null");
  Json object;
  object.add("k\xfe", 1);
  EXPECT_TRUE(Json::parse(object.text()));
}

}  // namespace
}  // namespace carillon::management
