// SPDX-License-Identifier: Apache-2.0
// One lua_exec(): a coroutine of the shard's universe, and the run that waits for it. When a function that Lua calls
// has to wait, the coroutine waits too, and others may run meanwhile.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/lua/script_piece.h"
#include "modules/lua/universe.h"
#include "routing/route_context.h"

namespace carillon::lua {

class Execution {
 public:
  Execution(Universe& universe, Pieces& pieces, routing::RouteContext& context);
  ~Execution();
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  enum class State : std::uint8_t {
    Returned,  // code() is the function's
    Waits,     // until called() has ended; then go_on()
    Failed,    // error() says why
  };
  [[nodiscard]] State start(std::string_view function, std::optional<std::string_view> parameter);
  [[nodiscard]] State go_on();
  [[nodiscard]] Call& called() { return *called_; }
  [[nodiscard]] int code() const { return code_; }
  [[nodiscard]] const std::string& error() const { return error_; }

  // --- for what Lua calls
  [[nodiscard]] routing::RouteContext& context() const { return context_; }
  [[nodiscard]] Pieces& pieces() const { return pieces_; }
  [[nodiscard]] std::uint64_t number() const { return number_; }
  // Whether `lua` can be made to wait: it is the execution itself, no coroutine of the script's, and not inside a
  // callback of a C function.
  [[nodiscard]] bool can_wait(lua_State* lua) const;
  // `lua` is about to yield, until the call has ended.
  void wait_for(std::unique_ptr<Call> call) { called_ = std::move(call); }

 private:
  [[nodiscard]] State run(int arguments);
  [[nodiscard]] State fail(std::string why);

  Universe& universe_;
  Pieces& pieces_;
  routing::RouteContext& context_;
  std::uint64_t number_;
  lua_State* coroutine_ = nullptr;
  int reference_;
  std::chrono::nanoseconds left_;
  std::unique_ptr<Call> called_;
  int code_ = -1;
  std::string error_;
};

}  // namespace carillon::lua
