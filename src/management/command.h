// SPDX-License-Identifier: Apache-2.0
// Management commands: how one is declared, how a call finds it by any of its names and recipes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "management/json.h"

namespace carillon::management {

// What a caller is told went wrong. Handlers give base::Error: its code (400, 404, 500, ...) and message go out as they
// are; code 0 goes out as -32000 "Server error" with the message as data.
struct CommandError {
  int code = 0;
  std::string message;
  std::string data;  // empty: not sent
};

inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParameters = -32602;
inline constexpr int kServerError = -32000;
inline constexpr int kMethodAmbiguous = -32001;

// The parameters of one call, already matched to one of the command's recipes. A getter for a parameter that the recipe
// doesn't have, or that has another type, is an error whose code is kInvalidParameters.
class Parameters {
 public:
  Parameters() = default;
  explicit Parameters(Json::Object named) : named_(std::move(named)) {}

  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  // A string, or a number as it prints.
  [[nodiscard]] base::Result<std::string> text(std::string_view name) const;
  // A number without a fraction, or a string that holds one.
  [[nodiscard]] base::Result<std::int64_t> integer(std::string_view name) const;
  // An array of what text() takes; an empty one is an error.
  [[nodiscard]] base::Result<std::vector<std::string>> texts(std::string_view name) const;
  // As it came; nullptr when the recipe doesn't have it.
  [[nodiscard]] const Json* find(std::string_view name) const;

 private:
  Json::Object named_;
};

// Runs in the thread (of the shard) that called CommandRegistry::run(), and may wait. Task runs until its first wait.
using Handler = std::function<base::Task<base::Result<Json>>(Parameters)>;
// For handlers that never wait.
[[nodiscard]] Handler immediate(std::function<base::Result<Json>(const Parameters&)> handler);

// A command as data; the texts are constants that outlive the registry.
struct CommandSpec {
  std::string_view name;     // canonical: "usrloc:dump"
  std::string_view aliases;  // old names, comma-separated: "ul_dump"
  // The exact sets of parameter names it takes, in the order of positional calls: "table_name | table_name,aor".
  // An alternative without names is a call without parameters.
  std::string_view recipes;
  std::string_view help;    // one sentence
  std::string_view result;  // what it answers, for the reference
  bool named_only = false;  // refuses positional parameters
};

// All commands. Filled at start; then immutable but for what handlers do, so any thread may look up and run.
class CommandRegistry {
 public:
  // An error when the canonical name or an alias is taken, or the spec is malformed.
  [[nodiscard]] base::Result<> add(const CommandSpec& spec, Handler handler);

  struct Command {
    CommandSpec spec;
    std::vector<std::vector<std::string>> recipes;
    Handler handler;
  };

  // Resolves a canonical name or alias when `method` has a colon; otherwise a local name ("dump") that only one family
  // has, then an alias.
  [[nodiscard]] std::expected<const Command*, CommandError> find(std::string_view method) const;

  // A call ready to run: `parameters` (an array, an object, or null for none) matched to one recipe.
  struct Call {
    const Command* command;
    Parameters parameters;
  };
  [[nodiscard]] std::expected<Call, CommandError> resolve(std::string_view method, const Json& parameters) const;

  // Canonical names, sorted.
  [[nodiscard]] std::vector<std::string_view> names() const;
  // In the order of their canonical names.
  [[nodiscard]] std::vector<const Command*> all() const;

 private:
  std::map<std::string, std::unique_ptr<Command>, std::less<>> by_name_;
  std::map<std::string, std::vector<const Command*>, std::less<>> by_local_name_;
  std::map<std::string, const Command*, std::less<>> by_alias_;
};

}  // namespace carillon::management
