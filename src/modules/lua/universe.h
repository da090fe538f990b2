// SPDX-License-Identifier: Apache-2.0
// A universe of Lua: globals, functions and coroutines of one shard, within bounds of memory and of time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

struct lua_State;
struct lua_Debug;

namespace carillon::lua {

class Execution;

// The file of functions, as it was read.
struct SourceFile {
  std::string name;
  std::string text;
  std::int64_t changed = 0;  // its time of modification, nanoseconds
};

struct Limits {
  std::size_t memory = 32U << 20U;      // bytes
  std::chrono::milliseconds time{500};  // of the processor, for one execution or the loading of a file
  bool only_reads = false;              // files are not written, and libraries, which do what they like, not loaded
};

// One thread at a time: that which is inside the shard. All of Lua's errors end here, those of memory too: whatever may
// raise one runs in protected().
class Universe {
 public:
  // `offer(lua_State*)` adds the functions that scripts are offered; it runs protected.
  using Offer = void (*)(lua_State* lua);
  [[nodiscard]] static base::Result<std::unique_ptr<Universe>> make(const Limits& limits, Offer offer, void* host);
  ~Universe();
  Universe(const Universe&) = delete;
  Universe& operator=(const Universe&) = delete;

  // Runs the file from its top, which defines its functions; what there was before stays where it isn't redefined.
  [[nodiscard]] base::Result<> load(const SourceFile& file);

  [[nodiscard]] std::size_t memory_used() const { return used_; }
  [[nodiscard]] const Limits& limits() const { return limits_; }
  // Given to make().
  [[nodiscard]] void* host() const { return host_; }
  [[nodiscard]] static Universe& of(lua_State* lua);

  // --- for Execution
  [[nodiscard]] lua_State* main() const { return lua_; }
  // Runs `work(lua, argument)` on the main thread of Lua; an error's message when it raised one.
  [[nodiscard]] base::Result<> protected_call(void (*work)(lua_State* lua, void* argument), void* argument);
  struct Step {
    enum class End : std::uint8_t { Returned, Yielded, Failed } end = End::Failed;
    std::string error = {};
  };
  // Goes on with a coroutine, with `arguments` values on its stack, for as long as `left` allows; reduces `left`.
  [[nodiscard]] Step resume(lua_State* coroutine, int arguments, std::chrono::nanoseconds& left);
  // Once a coroutine that failed is no longer referred to: what has filled the memory up is garbage by then, and Lua
  // doesn't look for it by itself when it gets no more.
  void make_room();
  // How many of these are inside of one another, by functions that Lua calls and that call Lua.
  [[nodiscard]] unsigned depth() const { return depth_; }
  // Executions by number: a message that a script has kept names one that may be over.
  [[nodiscard]] std::uint64_t add(Execution& execution);
  void remove(std::uint64_t number) { executions_.erase(number); }
  [[nodiscard]] Execution* find(std::uint64_t number) const;
  // The one that runs; null while a file is loaded.
  void set_current(Execution* execution) { current_ = execution; }
  [[nodiscard]] Execution* current() const { return current_; }

 private:
  Universe(const Limits& limits, void* host) : limits_(limits), host_(host) {}

  static void* allocate(void* self, void* block, std::size_t old_size, std::size_t new_size);
  static void on_count(lua_State* lua, lua_Debug* where);
  void set_hook(int every);

  const Limits limits_;
  void* host_;
  lua_State* lua_ = nullptr;
  std::size_t used_ = 0;
  std::size_t reserve_ = 0;               // bytes that may be had beyond the limit now
  std::chrono::nanoseconds deadline_{0};  // of the thread's processor time
  bool is_over_ = false;
  bool is_full_ = false;
  unsigned depth_ = 0;
  std::uint64_t next_number_ = 1;
  std::unordered_map<std::uint64_t, Execution*> executions_;
  Execution* current_ = nullptr;
};

}  // namespace carillon::lua
