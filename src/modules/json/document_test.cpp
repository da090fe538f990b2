// SPDX-License-Identifier: Apache-2.0
#include "modules/json/document.h"

#include <gtest/gtest.h>

#include "modules/json/json.h"

namespace carillon::json {
namespace {

constexpr std::size_t kLarge = 1 << 20;

std::string compact(const Node& node) { return write(node, Style::CompactPlainSlashes, kLarge).value_or("too much"); }
std::string why(std::string_view text, const Limits& limits = {}) {
  const auto parsed = parse(text, limits);
  return parsed ? "no error" : parsed.error().message;
}

TEST(Document, IsWrittenAsItWasRead) {
  for (const std::string_view text :
       {R"({"a":[1,-2,1.50,1e3,true,false,null,"x\ny"],"b":{},"ü":"€"})", R"([])", R"("text")", R"(0)",
        R"(18446744073709551615)", R"(9223372036854775807)", R"(-9223372036854775808)"}) {
    const auto parsed = parse(text, {});
    ASSERT_TRUE(parsed.has_value()) << text;
    EXPECT_EQ(compact(**parsed), text);
  }
  EXPECT_EQ(compact(**parse(R"({"a":1,"b":2,"a":3})", {})), R"({"a":3,"b":2})");
}

TEST(Document, TellsItsMistakes) {
  EXPECT_EQ(why(""), "not JSON at byte 1");
  EXPECT_EQ(why("{\"a\" 1}"), "not JSON at byte 6");
  EXPECT_EQ(why("[1] x"), "not JSON at byte 5");
  EXPECT_EQ(why("\"\xff\""), "not JSON at byte 2");
  EXPECT_EQ(why("[[[]]]", {.depth = 2}), "more than 2 levels deep");
  EXPECT_EQ(why("[1,2,3]", {.values = 3}), "more than 3 values");
  EXPECT_EQ(why("[1,2,3]", {.bytes = 6}), "7 bytes; max_size allows 6");
}

TEST(Document, NeverBreaksItsQuotes) {
  EXPECT_EQ(compact(*Node::text("\"\\/\b\x01\x7f\xc3(")), "\"\\\"\\\\/\\b\\u0001\x7f\xEF\xBF\xBD(\"");
}

TEST(Document, OfAnyDepthEndsWithoutRecursion) {
  NodePtr top = Node::of(Node::Kind::Array);
  for (int i = 0; i < 1'000'000; ++i) {
    auto outer = Node::of(Node::Kind::Array);
    outer->elements.push_back(std::move(top));
    top = std::move(outer);
  }
  EXPECT_FALSE(write(*top, Style::Compact, kLarge).has_value());
  EXPECT_FALSE(reaches(*top, *Node::text("x")));
  top.reset();
}

TEST(Document, IsWrittenToALimit) {
  // 2^40 texts by links, four million times what may be written.
  NodePtr node = Node::text("x");
  for (int i = 0; i < 40; ++i) {
    auto pair = Node::of(Node::Kind::Array);
    pair->elements = {node, node};
    node = pair;
  }
  EXPECT_FALSE(write(*node, Style::Spaced, kLarge).has_value());
}

TEST(Members, AreFoundInLargeObjectsToo) {
  Members members;
  for (int i = 0; i < 100; ++i) members.set(std::to_string(i), Node::integer(i));
  EXPECT_EQ(members.find("99")->number, 99);
  members.set("50", Node::integer(-50));
  EXPECT_EQ(members.find("50")->number, -50);
  EXPECT_EQ(members.list().size(), 100U);
  EXPECT_TRUE(members.erase("0"));
  EXPECT_FALSE(members.erase("0"));
  EXPECT_EQ(members.find("0"), nullptr);
  EXPECT_EQ(members.find("99")->number, 99);
  EXPECT_EQ(members.list().front().first, "1");
}

// RFC 7396, appendix A.
TEST(MergePatch, IsAsInTheRfc) {
  struct Example {
    std::string_view target;
    std::string_view patch;
    std::string_view result;
  };
  for (const auto& [target, patch, result] :
       std::initializer_list<Example>{{R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
                                      {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
                                      {R"({"a":"b"})", R"({"a":null})", R"({})"},
                                      {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
                                      {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
                                      {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
                                      {R"({"a":"foo"})", R"(null)", R"(null)"},
                                      {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
                                      {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
                                      {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"}}) {
    EXPECT_EQ(compact(*merge_patch(*parse(target, {}), *parse(patch, {}))), result) << target << " by " << patch;
  }
}

TEST(JsonPath, MayEndWithWhatItWalks) {
  EXPECT_EQ(JsonPath::parse("a/b.keys")->walk, JsonPath::Walk::Keys);
  EXPECT_EQ(JsonPath::parse("a/b.keys")->path.steps.back().key, "b");
  EXPECT_EQ(JsonPath::parse("a/b.values")->path.steps.back().key, "b");
  EXPECT_EQ(JsonPath::parse("a/b\\.keys")->path.steps.back().key, "b.keys");
  EXPECT_EQ(JsonPath::parse("a/b\\.keys")->walk, JsonPath::Walk::Values);
  EXPECT_FALSE(JsonPath::parse(".keys").has_value());
}

}  // namespace
}  // namespace carillon::json
