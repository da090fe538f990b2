// SPDX-License-Identifier: Apache-2.0
// Pieces of script that Lua asks for: a call of a function, an assignment, texts with variables. Each is compiled like
// a route of its own, checked as scripts are, and run beside the run that called Lua.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "module/registry.h"
#include "routing/route_context.h"
#include "script/vm.h"

namespace carillon::lua {

// A route that was compiled, and the $vars that it has in common with the run.
struct Piece {
  std::shared_ptr<const script::Program> program;
  std::vector<std::string> locals;
};

// Those that were compiled, by their source. One shard's.
class Pieces {
 public:
  // What modules make of constants may be theirs to keep, so that one piece is compiled at a time: `compiling`.
  Pieces(const module::Registry& modules, std::mutex& compiling) : modules_(modules), compiling_(compiling) {}
  [[nodiscard]] const module::Registry& modules() const { return modules_; }
  // fail(): the first mistake.
  [[nodiscard]] base::Result<std::shared_ptr<const Piece>> get(const std::string& body,
                                                               const std::vector<std::string>& locals,
                                                               script::RouteKind kind);

 private:
  [[nodiscard]] base::Result<std::shared_ptr<const script::Program>> compile(const std::string& source) const;

  const module::Registry& modules_;
  std::mutex& compiling_;
  std::map<std::string, std::shared_ptr<const Piece>, std::less<>> pieces_;
};

// What Lua gives to a function: nothing (nil), a number, or a text.
using Argument = std::optional<std::string>;

// A piece that runs, perhaps in parts.
class Call {
 public:
  // function(arguments): variables in texts are replaced, as in a script.
  [[nodiscard]] static base::Result<std::unique_ptr<Call>> function(Pieces& pieces, routing::RouteContext& context,
                                                                    const script::FunctionDecl& declaration,
                                                                    std::span<const Argument> arguments);
  // variable = value; nothing: NULL.
  [[nodiscard]] static base::Result<std::unique_ptr<Call>> assignment(Pieces& pieces, routing::RouteContext& context,
                                                                      std::string_view variable,
                                                                      const std::optional<script::Value>& value);
  // The text with the variables in it replaced, NULL as "<null>"; "$$" is a dollar.
  [[nodiscard]] static base::Result<std::string_view> expand(Pieces& pieces, routing::RouteContext& context,
                                                             std::string_view text);

  enum class State : std::uint8_t {
    Done,
    Waits,   // for a function: resume() with its code
    Failed,  // a limit was reached, or a variable would have to be waited for
  };
  [[nodiscard]] State start();
  [[nodiscard]] State resume(int code);
  // Once it is done: what the function returned; above 0 for an assignment that was possible.
  [[nodiscard]] int code() const { return code_; }

 private:
  Call(routing::RouteContext& context, std::shared_ptr<const Piece> piece, std::vector<script::Value> parameters)
      : context_(context), piece_(std::move(piece)), parameters_(std::move(parameters)) {}
  [[nodiscard]] static std::unique_ptr<Call> make(routing::RouteContext& context, std::shared_ptr<const Piece> piece,
                                                  std::vector<script::Value> parameters);
  [[nodiscard]] State settle(const script::Outcome& outcome);

  routing::RouteContext& context_;
  std::shared_ptr<const Piece> piece_;
  std::vector<script::Value> parameters_;
  script::Run run_;
  int code_ = -1;
};

}  // namespace carillon::lua
