// SPDX-License-Identifier: Apache-2.0
// See universe.h.
//
// Time: a hook looks at the clock every few thousand instructions. When the time is over it doesn't raise an error,
// which pcall() would catch, but makes the coroutine yield, instruction by instruction until control is back here; the
// coroutine is never gone on with. Compiled code calls no hooks, so LuaJIT's compiler stays off.
#include "modules/lua/universe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <lua.hpp>
#include <utility>

#include "base/log.h"

namespace carillon::lua {
namespace {

constexpr int kInstructions = 5'000;           // between two looks at the clock
constexpr std::size_t kReserve = 256U << 10U;  // bytes beyond the limit for what isn't the script's doing

std::chrono::nanoseconds processor_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// The message of an error that stands on the stack. Takes no memory of Lua's.
std::string error_on(lua_State* lua) {
  if (lua_type(lua, -1) != LUA_TSTRING) return fmt::format("an error that is a {}", luaL_typename(lua, -1));
  std::size_t size = 0;
  const char* const text = lua_tolstring(lua, -1, &size);
  return {text, size};
}

void open(lua_State* lua, const char* name, lua_CFunction library) {
  lua_pushcfunction(lua, library);
  lua_pushstring(lua, name);
  lua_call(lua, 1, 0);
}

int refuse(lua_State* lua) {
  return luaL_error(lua, "%s is not offered: it would end, change or hold up the server",
                    lua_tostring(lua, lua_upvalueindex(1)));
}

void take_away(lua_State* lua, const char* library, const char* function) {
  lua_getglobal(lua, library);
  lua_pushfstring(lua, "%s.%s()", library, function);
  lua_pushcclosure(lua, &refuse, 1);
  lua_setfield(lua, -2, function);
  lua_pop(lua, 1);
}

// With Limits::only_reads: fails as it does when the system refuses, and the log says why.
int refuse_change(lua_State* lua) {
  const char* const function = lua_tostring(lua, lua_upvalueindex(1));
  log::error("lua: {} changes nothing and loads no library here: {}", function,
             lua_type(lua, 1) == LUA_TSTRING ? lua_tostring(lua, 1) : "");
  lua_pushnil(lua);
  lua_pushfstring(lua, "%s changes nothing and loads no library here", function);
  return 2;
}

// What stands below the function on the stack becomes its arguments.
int pass_on(lua_State* lua) {
  lua_pushvalue(lua, lua_upvalueindex(2));
  lua_insert(lua, 1);
  lua_call(lua, lua_gettop(lua) - 1, LUA_MULTRET);
  return lua_gettop(lua);
}

int open_to_read(lua_State* lua) {
  const std::string_view mode = luaL_optstring(lua, 2, "r");
  return mode == "r" || mode == "rb" ? pass_on(lua) : refuse_change(lua);
}

// A file that is open already may be chosen.
int choose_output(lua_State* lua) {
  if (lua_type(lua, 1) != LUA_TSTRING) return pass_on(lua);
  return luaL_error(lua, "%s changes nothing here", lua_tostring(lua, lua_upvalueindex(1)));
}

void stand_before(lua_State* lua, const char* library, const char* function, lua_CFunction guard) {
  lua_getglobal(lua, library);
  lua_pushfstring(lua, "%s.%s()", library, function);
  lua_getfield(lua, -2, function);
  lua_pushcclosure(lua, guard, 2);
  lua_setfield(lua, -2, function);
  lua_pop(lua, 1);
}

void take_changes_away(lua_State* lua) {
  stand_before(lua, "io", "open", &open_to_read);
  stand_before(lua, "io", "output", &choose_output);
  constexpr std::array<std::pair<const char*, const char*>, 5> kChanges = {
      {{"io", "tmpfile"}, {"os", "remove"}, {"os", "rename"}, {"os", "tmpname"}, {"package", "loadlib"}}};
  for (const auto& [library, function] : kChanges) stand_before(lua, library, function, &refuse_change);
  // Behind those for what is loaded already and for files of Lua, require() has one for libraries, and one for
  // libraries of many.
  lua_getglobal(lua, "package");
  lua_getfield(lua, -1, "loaders");
  lua_pushliteral(lua, "require()");
  lua_pushcclosure(lua, &refuse_change, 1);
  lua_rawseti(lua, -2, 3);
  lua_pushnil(lua);
  lua_rawseti(lua, -2, 4);
  lua_pop(lua, 2);
}

// Everything but what reaches around the language: ffi and jit, the parts of debug that change others, and the
// functions that would end the process or wait.
void open_libraries(lua_State* lua) {
  open(lua, "", luaopen_base);
  open(lua, LUA_LOADLIBNAME, luaopen_package);
  open(lua, LUA_TABLIBNAME, luaopen_table);
  open(lua, LUA_STRLIBNAME, luaopen_string);
  open(lua, LUA_MATHLIBNAME, luaopen_math);
  open(lua, LUA_BITLIBNAME, luaopen_bit);
  open(lua, LUA_IOLIBNAME, luaopen_io);
  open(lua, LUA_OSLIBNAME, luaopen_os);
  open(lua, LUA_DBLIBNAME, luaopen_debug);
  constexpr std::array<std::pair<const char*, const char*>, 6> kRefused = {
      {{"os", "exit"}, {"os", "execute"}, {"os", "setlocale"}, {"io", "popen"}, {"io", "read"}, {"io", "input"}}};
  for (const auto& [library, function] : kRefused) take_away(lua, library, function);
  lua_getglobal(lua, "io");
  lua_pushnil(lua);
  lua_setfield(lua, -2, "stdin");
  lua_pop(lua, 1);
  lua_getglobal(lua, "debug");
  lua_newtable(lua);
  for (const char* const harmless : {"traceback", "getinfo"}) {
    lua_getfield(lua, -2, harmless);
    lua_setfield(lua, -2, harmless);
  }
  lua_setglobal(lua, "debug");
  lua_getglobal(lua, "package");
  lua_getfield(lua, -1, "loaded");
  lua_getglobal(lua, "debug");
  lua_setfield(lua, -2, "debug");
  lua_pop(lua, 3);
}

}  // namespace

base::Result<std::unique_ptr<Universe>> Universe::make(const Limits& limits, Offer offer, void* host) {
  std::unique_ptr<Universe> universe(new Universe(limits, host));
  universe->lua_ = lua_newstate(&Universe::allocate, universe.get());
  if (universe->lua_ == nullptr) return base::fail("Lua can't be started: there is no memory");
  lua_atpanic(universe->lua_, [](lua_State* lua) {
    log::critical("lua: an error outside of all protection: {}", error_on(lua));
    return 0;
  });
  luaJIT_setmode(universe->lua_, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
  const auto fill = [](lua_State* lua, void* argument) {
    open_libraries(lua);
    if (of(lua).limits().only_reads) take_changes_away(lua);
    (*static_cast<Offer*>(argument))(lua);
  };
  if (auto filled = universe->protected_call(fill, static_cast<void*>(&offer)); !filled) {
    return std::unexpected(std::move(filled.error()));
  }
  universe->set_hook(kInstructions);
  return universe;
}

Universe::~Universe() {
  if (lua_ == nullptr) return;
  lua_sethook(lua_, nullptr, 0, 0);
  lua_close(lua_);
}

void Universe::set_hook(int every) { lua_sethook(lua_, &Universe::on_count, LUA_MASKCOUNT, every); }

Universe& Universe::of(lua_State* lua) {
  void* self = nullptr;
  static_cast<void>(lua_getallocf(lua, &self));
  return *static_cast<Universe*>(self);
}

void* Universe::allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) {
  auto& universe = *static_cast<Universe*>(self);
  if (new_size == 0) {
    universe.used_ -= old_size;
    std::free(block);
    return nullptr;
  }
  if (new_size > old_size && universe.used_ + (new_size - old_size) > universe.limits_.memory + universe.reserve_)
    return nullptr;
  void* const moved = std::realloc(block, new_size);
  if (moved != nullptr) universe.used_ += new_size - old_size;
  return moved;
}

void Universe::on_count(lua_State* lua, lua_Debug* /*where*/) {
  Universe& universe = of(lua);
  if (!universe.is_over_ && processor_time() < universe.deadline_) return;
  if (!std::exchange(universe.is_over_, true)) universe.set_hook(1);
  if (lua_isyieldable(lua) != 0) {
    lua_yield(lua, 0);
  } else {
    // Inside a callback of a C function: out of that first.
    luaL_error(lua, "it took longer than max_time");
  }
}

base::Result<> Universe::protected_call(void (*work)(lua_State* lua, void* argument), void* argument) {
  struct Call {
    void (*work)(lua_State* lua, void* argument);
    void* argument;
  } call{work, argument};
  const auto run = [](lua_State* lua) {
    const auto& asked = *static_cast<Call*>(lua_touserdata(lua, 1));
    asked.work(lua, asked.argument);
    return 0;
  };
  const int top = lua_gettop(lua_);
  // To let go of what has filled the memory takes some, too.
  const std::size_t before = std::exchange(reserve_, kReserve);
  const int status = lua_cpcall(lua_, run, &call);
  reserve_ = before;
  if (status == 0) return {};
  if (status == LUA_ERRMEM) is_full_ = true;
  auto failed = base::fail(error_on(lua_));
  lua_settop(lua_, top);
  return failed;
}

Universe::Step Universe::resume(lua_State* coroutine, int arguments, std::chrono::nanoseconds& left) {
  const std::chrono::nanoseconds begin = processor_time();
  const std::chrono::nanoseconds outer = std::exchange(deadline_, begin + left);
  if (std::exchange(is_over_, false)) set_hook(kInstructions);
  ++depth_;
  const int status = lua_resume(coroutine, arguments);
  --depth_;
  deadline_ = outer;
  left -= std::min(left, processor_time() - begin);
  Step step;
  if (std::exchange(is_over_, false)) {
    set_hook(kInstructions);
    step.error = fmt::format("it took longer than max_time, {} ms of the processor", limits_.time.count());
  } else if (status == 0) {
    step.end = Step::End::Returned;
  } else if (status == LUA_YIELD) {
    step.end = Step::End::Yielded;
  } else {
    step.error = error_on(coroutine);
  }
  if (status == LUA_ERRMEM) is_full_ = true;
  return step;
}

base::Result<> Universe::load(const SourceFile& file) {
  struct Loading {
    const SourceFile& file;
    lua_State* coroutine = nullptr;
    int reference = LUA_NOREF;
    bool is_compiled = false;
  } loading{.file = file};
  const auto compile = [](lua_State* lua, void* argument) {
    auto& self = *static_cast<Loading*>(argument);
    self.coroutine = lua_newthread(lua);
    self.reference = luaL_ref(lua, LUA_REGISTRYINDEX);
    const std::string name = "@" + self.file.name;
    self.is_compiled =
        luaL_loadbufferx(self.coroutine, self.file.text.data(), self.file.text.size(), name.c_str(), "t") == 0;
  };
  auto loaded = protected_call(compile, &loading);
  if (loaded && !loading.is_compiled) loaded = base::fail(error_on(loading.coroutine));
  if (loaded) {
    std::chrono::nanoseconds left = limits_.time;
    Execution* const before = std::exchange(current_, nullptr);
    Step step = resume(loading.coroutine, 0, left);
    current_ = before;
    if (step.end == Step::End::Yielded) step.error = fmt::format("{}: a file can't wait while it is loaded", file.name);
    if (step.end != Step::End::Returned) loaded = base::fail(std::move(step.error));
  }
  const auto forget = [](lua_State* lua, void* argument) {
    luaL_unref(lua, LUA_REGISTRYINDEX, *static_cast<int*>(argument));
  };
  static_cast<void>(protected_call(forget, &loading.reference));
  make_room();
  return loaded;
}

void Universe::make_room() {
  if (!std::exchange(is_full_, false)) return;
  static_cast<void>(protected_call([](lua_State* lua, void*) { lua_gc(lua, LUA_GCCOLLECT, 0); }, nullptr));
}

std::uint64_t Universe::add(Execution& execution) {
  executions_.emplace(next_number_, &execution);
  return next_number_++;
}

Execution* Universe::find(std::uint64_t number) const {
  const auto found = executions_.find(number);
  return found == executions_.end() ? nullptr : found->second;
}

}  // namespace carillon::lua
