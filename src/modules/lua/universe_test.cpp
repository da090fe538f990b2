// SPDX-License-Identifier: Apache-2.0
// A universe of Lua: what is loaded, what it costs, and that nothing in it ends the process.
#include "modules/lua/universe.h"

#include <gmock/gmock.h>

#include <lua.hpp>
#include <memory>
#include <string>

namespace carillon::lua {
namespace {

using ::testing::HasSubstr;

class UniverseTest : public ::testing::Test {
 protected:
  static void offer(lua_State* lua) {
    lua_pushcfunction(lua, [](lua_State* here) {
      Universe::of(here).protected_call([](lua_State*, void*) {}, nullptr).value();
      return 0;
    });
    lua_setglobal(lua, "nested");
  }
  void make(const Limits& limits = {}) {
    auto made = Universe::make(limits, &UniverseTest::offer, this);
    ASSERT_TRUE(made) << made.error().message;
    universe_ = std::move(*made);
  }
  std::string load(const std::string& text) {
    const auto loaded = universe_->load({.name = "file.lua", .text = text});
    return loaded ? "" : loaded.error().message;
  }

  std::unique_ptr<Universe> universe_;
};

TEST_F(UniverseTest, LoadsAndKeepsWhatIsNotRedefined) {
  make();
  EXPECT_EQ(load("a = 1 b = 2"), "");
  EXPECT_EQ(load("b = 3 nested() assert(a == 1 and b == 3)"), "");
  EXPECT_EQ(universe_->host(), this);
}

TEST_F(UniverseTest, TellsMistakesWithTheirPlace) {
  make();
  EXPECT_THAT(load("a = 1\nb = = 2"), HasSubstr("file.lua:2:"));
  EXPECT_THAT(load("a = 1\nerror('why')"), HasSubstr("file.lua:2: why"));
  EXPECT_THAT(load("coroutine.yield()"), HasSubstr("can't wait while it is loaded"));
  EXPECT_THAT(load("error({})"), HasSubstr("a table"));
  EXPECT_EQ(load("a = 5"), "");
}

TEST_F(UniverseTest, TakesSourceOnly) {
  make();
  EXPECT_THAT(load(std::string("\x1bLJ\x02", 4)), HasSubstr("mode"));
}

TEST_F(UniverseTest, EndsWhatTakesTooLong) {
  make({.time = std::chrono::milliseconds(20)});
  for (const char* text :
       {"while true do end", "while true do pcall(function() while true do end end) end",
        "while true do xpcall(function() while true do end end, function() while true do end end) end",
        "local t = setmetatable({}, {__index = function() while true do end end})"
        " while true do pcall(function() return t.x end) end",
        "while true do pcall(table.sort, {3, 2, 1}, function() while true do end end) end",
        "while true do coroutine.resume(coroutine.create(function() while true do end end)) end"}) {
    EXPECT_THAT(load(text), HasSubstr("longer than max_time, 20 ms")) << text;
    EXPECT_EQ(load("local n = 0 for i = 1, 1000 do n = n + i end"), "");
  }
}

TEST_F(UniverseTest, BoundsMemoryAndGoesOn) {
  make({.memory = 1U << 20U});
  for (const char* text : {"local s = 'x' while true do s = s .. s end", "string.rep('x', 1e9)",
                           "local t = {} for i = 1, 1e9 do t[i] = {} end",
                           "local s = {} while true do pcall(function() s[#s + 1] = string.rep('x', 10000) .. #s end)"
                           " if #s > 1e6 then break end end"}) {
    const std::string told = load(text);
    EXPECT_TRUE(told.find("not enough memory") != std::string::npos || told.find("max_time") != std::string::npos)
        << text << ": " << told;
    EXPECT_EQ(load("local s = string.rep('x', 100000)"), "") << text;
    EXPECT_LE(universe_->memory_used(), universe_->limits().memory);
  }
}

TEST_F(UniverseTest, FailsToStartWithoutMemory) {
  EXPECT_FALSE(Universe::make({.memory = 1000}, &UniverseTest::offer, nullptr));
}

TEST_F(UniverseTest, OffersNothingThatEndsOrChangesTheProcess) {
  make();
  for (const char* text : {"os.exit(1)", "os.execute('true')", "os.setlocale('C')", "io.popen('true')", "io.read()",
                           "io.input('/dev/null')"}) {
    EXPECT_THAT(load(text), HasSubstr("is not offered")) << text;
  }
  EXPECT_EQ(load("assert(io.stdin == nil and debug.sethook == nil and debug.getregistry == nil)"
                 " assert(debug.traceback and require('debug') == debug and bit.band(6, 3) == 2)"
                 " assert(not pcall(require, 'ffi') and not pcall(require, 'jit'))"),
            "");
}

TEST_F(UniverseTest, EndsDeepRecursion) {
  make();
  EXPECT_THAT(load("local function f() return 1 + f() end f()"), HasSubstr("stack overflow"));
  EXPECT_EQ(load("a = 1"), "");
}

}  // namespace
}  // namespace carillon::lua
