// SPDX-License-Identifier: Apache-2.0
#include "script/avp.h"

#include <gtest/gtest.h>

#include <string>

namespace carillon::script {
namespace {

std::string shown(const AvpList& list) {
  std::string out;
  list.for_each([&](std::string_view name, const Value& value) {
    out += std::string(name) + "=" + std::string(value.as_text()) + " ";
  });
  return out;
}

TEST(AvpListTest, TheNewestValueIsOnTop) {
  base::Arena arena;
  AvpList list(arena);
  list.push("a", Value::text("1"));
  list.push("b", Value::integer(5));
  list.push("a", Value::text("2"));
  EXPECT_EQ(list.get("a"), Value::text("2"));
  EXPECT_EQ(list.get("a", 1), Value::text("1"));
  EXPECT_EQ(list.get("a", -1), Value::text("1"));
  EXPECT_EQ(list.get("a", -2), Value::text("2"));
  EXPECT_TRUE(list.get("a", 2).is_null());
  EXPECT_TRUE(list.get("a", -3).is_null());
  EXPECT_TRUE(list.get("A").is_null());
  EXPECT_EQ(list.get("b"), Value::both("5", 5));
  EXPECT_EQ(list.count("a"), 2U);
}

TEST(AvpListTest, ValuesAreChangedAppendedAndRemoved) {
  base::Arena arena;
  AvpList list(arena);
  EXPECT_FALSE(list.set("a", 0, Value::text("x")));
  EXPECT_FALSE(list.remove("a"));
  list.push("a", Value::text("1"));
  list.push("b", Value::text("2"));
  list.append("a", Value::text("0"));
  EXPECT_TRUE(list.set("a", -1, Value::text("last")));
  EXPECT_EQ(shown(list), "b=2 a=1 a=last ");
  EXPECT_TRUE(list.remove("a"));
  EXPECT_EQ(shown(list), "b=2 a=last ");
  list.push("a", Value::null());
  list.push("a", Value::text("3"));
  EXPECT_EQ(list.remove_all("a"), 2U);
  EXPECT_EQ(shown(list), "b=2 ");
  list.clear();
  EXPECT_TRUE(list.empty());
}

TEST(AvpListTest, NamesAndTextsAreOwn) {
  base::Arena arena;
  AvpList list(arena);
  std::string name = "name";
  std::string text = "text";
  list.push(name, Value::text(text));
  const Value before = list.get("name");
  name[0] = text[0] = 'x';
  list.remove("name");
  list.push("name", Value::text("other"));
  EXPECT_EQ(before, Value::text("text"));
}

TEST(AvpListTest, MovesToAnotherArenaInOrder) {
  AvpList copy = [] {
    base::Arena arena;
    return AvpList(arena);
  }();
  base::Arena kept;
  {
    base::Arena arena;
    AvpList list(arena);
    list.push("a", Value::integer(1));
    list.push("b", Value::text("2"));
    copy = list.copy_to(kept);
  }
  EXPECT_EQ(shown(copy), "b=2 a=1 ");
  const AvpList moved = std::move(copy);
  EXPECT_EQ(moved.get("a"), Value::both("1", 1));
}

TEST(AvpListTest, PushingAndPoppingNeedsNoMemory) {
  base::Arena arena;
  AvpList list(arena);
  list.push("a", Value::text(""));
  list.remove("a");
  const std::size_t before = arena.capacity();
  for (int i = 0; i < 100'000; ++i) {
    list.push("a", Value::text(""));
    list.remove("a");
  }
  EXPECT_EQ(arena.capacity(), before);
}

}  // namespace
}  // namespace carillon::script
