// SPDX-License-Identifier: Apache-2.0
// See execution.h.
#include "modules/lua/execution.h"

#include <fmt/format.h>

#include <lua.hpp>
#include <utility>

#include "modules/lua/api.h"

namespace carillon::lua {
namespace {

constexpr unsigned kDepth = 8;  // of Lua that calls functions that call Lua

// OpenSIPS's: a number is the code, and of anything else what a condition would make of it.
int code_on(lua_State* lua) {
  if (lua_type(lua, -1) == LUA_TNUMBER) return static_cast<int>(lua_tointeger(lua, -1));
  return lua_toboolean(lua, -1) != 0 ? 1 : -1;
}

}  // namespace

Execution::Execution(Universe& universe, Pieces& pieces, routing::RouteContext& context)
    : universe_(universe),
      pieces_(pieces),
      context_(context),
      number_(universe.add(*this)),
      reference_(LUA_NOREF),
      left_(universe.limits().time) {}

Execution::~Execution() {
  universe_.remove(number_);
  const auto forget = [](lua_State* lua, void* reference) {
    luaL_unref(lua, LUA_REGISTRYINDEX, *static_cast<int*>(reference));
  };
  static_cast<void>(universe_.protected_call(forget, &reference_));
  universe_.make_room();
}

bool Execution::can_wait(lua_State* lua) const { return lua == coroutine_ && lua_isyieldable(lua) != 0; }

Execution::State Execution::fail(std::string why) {
  error_ = std::move(why);
  return State::Failed;
}

Execution::State Execution::start(std::string_view function, std::optional<std::string_view> parameter) {
  if (universe_.depth() >= kDepth) return fail("Lua calls itself too deep by functions of the server");
  struct Start {
    Execution& self;
    std::string_view function;
    std::optional<std::string_view> parameter;
    bool is_there = false;
  } start{.self = *this, .function = function, .parameter = parameter};
  const auto prepare = [](lua_State* lua, void* argument) {
    auto& asked = *static_cast<Start*>(argument);
    Execution& self = asked.self;
    self.coroutine_ = lua_newthread(lua);
    self.reference_ = luaL_ref(lua, LUA_REGISTRYINDEX);
    lua_pushlstring(lua, asked.function.data(), asked.function.size());
    lua_rawget(lua, LUA_GLOBALSINDEX);
    asked.is_there = lua_isfunction(lua, -1);
    push_message(lua, self);
    if (asked.parameter) lua_pushlstring(lua, asked.parameter->data(), asked.parameter->size());
    lua_xmove(lua, self.coroutine_, asked.parameter ? 3 : 2);
  };
  if (auto prepared = universe_.protected_call(prepare, &start); !prepared) return fail(prepared.error().message);
  if (!start.is_there) return fail("there is no function of this name");
  return run(parameter ? 2 : 1);
}

Execution::State Execution::go_on() {
  const std::unique_ptr<Call> ended = std::exchange(called_, nullptr);
  lua_pushinteger(coroutine_, ended->code());
  return run(1);
}

Execution::State Execution::run(int arguments) {
  Execution* const before = universe_.current();
  universe_.set_current(this);
  Universe::Step step = universe_.resume(coroutine_, arguments, left_);
  universe_.set_current(before);
  if (step.end == Universe::Step::End::Failed) return fail(std::move(step.error));
  if (step.end == Universe::Step::End::Yielded) {
    if (called_ != nullptr) return State::Waits;
    return fail("it yields, and nobody would go on with it");
  }
  if (lua_gettop(coroutine_) > 0) code_ = code_on(coroutine_);
  return State::Returned;
}

}  // namespace carillon::lua
