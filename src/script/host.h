// SPDX-License-Identifier: Apache-2.0
// The only view the script language has of the server: Host while a script is compiled, Environment while it runs.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "script/avp.h"
#include "script/declaration.h"
#include "script/diagnostic.h"
#include "script/value.h"

namespace carillon::script {

struct Launch;

// --- While compiling -------------------------------------------------------------------------------------------------

// What the host says to a core parameter, a loadmodule or a modparam. The checker turns it into a diagnostic.
struct Answer {
  enum class Kind : std::uint8_t {
    Accepted,     // `text`, if any, becomes a note: why it isn't needed
    Renamed,      // accepted, with a warning; `text`: how it is spelled today
    UnknownName,  // `nearest`: the closest name there is, or empty
    NotLoaded,    // modparam for a module the script did not load
    WrongType,    // `text`: what is expected, "an integer"
    Refused,      // `text`: why
  };
  Kind kind = Kind::Accepted;
  std::string text;
  std::string nearest;

  [[nodiscard]] bool is_accepted() const { return kind == Kind::Accepted || kind == Kind::Renamed; }

  [[nodiscard]] static Answer accepted(std::string note = {}) { return {Kind::Accepted, std::move(note), {}}; }
  [[nodiscard]] static Answer renamed(std::string_view today) { return {Kind::Renamed, std::string(today), {}}; }
  [[nodiscard]] static Answer unknown(std::string_view nearest) {
    return {Kind::UnknownName, {}, std::string(nearest)};
  }
  [[nodiscard]] static Answer not_loaded() { return {Kind::NotLoaded, {}, {}}; }
  [[nodiscard]] static Answer wrong_type(std::string expected) { return {Kind::WrongType, std::move(expected), {}}; }
  [[nodiscard]] static Answer refused(std::string why) { return {Kind::Refused, std::move(why), {}}; }
};

// Why a name is unknown, and what would help.
struct Suggestion {
  std::string_view nearest;  // closest name the script could use; empty: none is near
  std::string_view module;   // the module that has exactly this name but isn't loaded; empty: none
  std::string_view note;     // "renamed to append_msg_branch in 4.0"; may be empty
  std::string_view lacking =
      {};  // the module of OpenSIPS that has this name, and which the server lacks, or has without it
};

enum class NameKind : std::uint8_t { Function, Variable, Transformation };

// Asked by the checker, in source order, in the thread that compiles: load_module and set_* change what later find_*
// answer. Declarations that were handed out live as long as the Program. A reload compiles with
// CompileOptions::routes_only, and then only find_*, suggest and find_context are asked.
class Host {
 public:
  virtual ~Host() = default;

  // `log_level = 3`. Sockets and aliases are not asked about: they are data of the Program.
  [[nodiscard]] virtual Answer set_parameter(std::string_view name, const Value& value) = 0;
  // `name` without path and ".so".
  [[nodiscard]] virtual Answer load_module(std::string_view name) = 0;
  // `modules` as written: a name or an extended regular expression that has to match whole names.
  [[nodiscard]] virtual Answer set_module_parameter(std::string_view modules, std::string_view parameter,
                                                    const Value& value) = 0;

  [[nodiscard]] virtual const FunctionDecl* find_function(std::string_view name) const = 0;
  [[nodiscard]] virtual const VariableDecl* find_variable(std::string_view name) const = 0;
  // Asked for those the language does not have itself. `name`: "uri.user", in lower case.
  [[nodiscard]] virtual const TransformationDecl* find_transformation(std::string_view name) const = 0;
  // "request", "reply", ... in $(<reply>x). Must not answer kOwnContext.
  [[nodiscard]] virtual std::optional<ContextId> find_context(std::string_view name) const = 0;
  [[nodiscard]] virtual Suggestion suggest(NameKind kind, std::string_view name) const = 0;

  // The modules that a loaded one can't do without and the script hasn't loaded. Asked behind the last loadmodule.
  [[nodiscard]] virtual std::vector<std::string_view> missing_for(std::string_view /*module*/) const { return {}; }
  // Whether an AVP of this name may be set by a module, without the script saying so.
  [[nodiscard]] virtual bool may_set_avp(std::string_view /*name*/) const { return false; }
  // Whether calling this function may set AVPs whose names the script doesn't contain.
  [[nodiscard]] virtual bool sets_any_avp(std::string_view /*function*/) const { return false; }
};

// --- While running ---------------------------------------------------------------------------------------------------

// OpenSIPS's numbers, as log_level spells them.
enum class LogLevel : std::int8_t {
  Alert = -3,
  Critical = -2,
  Error = -1,
  Warning = 1,
  Notice = 2,
  Info = 3,
  Debug = 4
};

// Who speaks: xlog() in the script, log() in it, or the virtual machine about the script (a type error, a runaway).
enum class LogSource : std::uint8_t { Xlog, Log, Machine };

// What a run works on: the engine derives its own (the message, the decision) from this. One shard's, like the run.
class Environment {
 public:
  Environment() = default;
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  virtual ~Environment() = default;

  // Where the run builds text. Must not be reset while the run exists.
  [[nodiscard]] virtual base::Arena& arena() = 0;
  // The AVPs that $avp names now: the message's or, once there is one, the transaction's. Asked at every access.
  [[nodiscard]] virtual AvpList& avps() = 0;

  // Asked before the text of an xlog is built.
  [[nodiscard]] virtual bool log_enabled(LogSource source, LogLevel level) const = 0;
  virtual void log(LogSource source, LogLevel level, std::string_view text, const Position& at) = 0;

  // An assert() has failed; what error_route can read of it is to be set. The error_route runs next, if there is one.
  virtual void assertion_failed() {}
  // What $var of these names hold when a run begins; the others are NULL. The texts outlive the run.
  [[nodiscard]] virtual std::span<const NamedValue> initial_locals() const { return {}; }

  // An async() is about to make its call. False: the run can't go on behind it, and ends here.
  [[nodiscard]] virtual bool begin_async() { return true; }

  // launch(): start a run of its own for `launch` (Run::start_launch). False: not possible here, the code is -1.
  [[nodiscard]] virtual bool launch(Launch launch) = 0;
};

}  // namespace carillon::script
