// SPDX-License-Identifier: Apache-2.0
// The virtual machine: one Run executes one route of a Program, may stop where a function waits, and goes on later.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "script/declaration.h"
#include "script/program.h"
#include "script/value.h"

namespace carillon::script {

class Environment;
class FormatString;
class Machine;
class Tracer;

enum class End : std::uint8_t {
  Returned,      // end of the block, or return in the top route
  Exited,        // exit, return(0), or a function that answered 0
  Dropped,       // drop
  AssertFailed,  // assert() with enable_asserts, and no error_route; where there is one, it has run and this is its end
  Stopped,       // a limit was reached (loops, nesting, steps, text); it has been logged with its line
};

struct Outcome {
  enum class State : std::uint8_t { Finished, Suspended };
  State state = State::Finished;
  End end = End::Returned;
  int code = 1;  // what a return gave, the code of the last action otherwise

  [[nodiscard]] bool suspended() const { return state == State::Suspended; }
  [[nodiscard]] bool dropped() const { return end == End::Dropped; }
};

// script_trace(): what a run logs at each statement from then on.
struct ScriptTrace {
  int level = 0;                             // a LogLevel
  std::shared_ptr<const FormatString> text;  // null: only where the run is
  std::string tag;
};

// A launch(): the call to make and the route to run after it. Owns its texts, so it may travel to another shard.
struct Launch {
  std::shared_ptr<const Program> program;
  std::uint32_t call_site = 0;
  std::vector<Argument> arguments;
  std::vector<VariableRef> variables;  // what the Variable arguments point to
  std::vector<std::unique_ptr<std::string>> texts;
  bool has_report_route = false;
  RouteId report_route = 0;
  Value parameter;  // $param(1) of the report route
};

// One run at a time; reusable: start() forgets the run before and keeps its memory, so that a pooled Run allocates
// nothing. Lives in one shard. A suspended Run that is destroyed or restarted simply never goes on: the host drops the
// completion (it keeps its own generation number for that).
class Run {
 public:
  Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run();

  // `environment` must outlive the run. `parameters` are $param(1)..; `named` is $param(name) of event routes (texts
  // live until the run ends).
  Outcome start(std::shared_ptr<const Program> program, RouteId route, Environment& environment,
                std::span<const Value> parameters = {}, std::span<const NamedValue> named = {});
  // A text (FormatString). $var, $param and $rc in it are those of `outer`, if there is one.
  Outcome start_text(std::shared_ptr<const Program> program, Environment& environment, const Run* outer);
  // Makes the call of a launch(), then runs its report route. `launch` must outlive the run.
  Outcome start_launch(const Launch& launch, Environment& environment);

  // Goes on after CallResult::pending() with the function's code. Only when suspended on a function.
  Outcome resume(int code);
  // Goes on after ReadResult::pending() with the value.
  Outcome resume_value(const Value& value);
  [[nodiscard]] bool suspended() const;
  // Suspended on a variable or transformation: resume_value() is what it waits for.
  [[nodiscard]] bool waits_for_value() const;
  // Forgets a suspended run, and lets the program go.
  void reset();
  // Tells `tracer`, which outlives the run, of all that happens from now on. Without one nothing is asked for it but
  // once in start() and resume().
  void watch(Tracer& tracer);

  // --- For functions, while they are called or before they resume ----------------------------------------------------

  // Writes to an output argument as `=` does: an AVP gets one more value on top. False when the variable refused.
  bool assign(const VariableRef& variable, const Value& value, WriteMode mode = WriteMode::Assign);
  // Reads a variable argument; NULL when it would have to wait.
  [[nodiscard]] Value read(const VariableRef& variable);
  // The $var of this name, also when the script has none. `name` outlives the run.
  [[nodiscard]] VariableRef local(std::string_view name);

  // Null ends it.
  void trace(std::unique_ptr<const ScriptTrace> trace);

  [[nodiscard]] const Program* program() const;
  [[nodiscard]] Environment& environment() const;
  // Where the run stands: the call that suspended it, or the statement being executed.
  [[nodiscard]] Position position() const;
  // Values of the last return(code, values...).
  [[nodiscard]] std::span<const Value> returned() const;
  // The innermost route. Only in a run that has begun a route.
  [[nodiscard]] const RouteInfo& current_route() const;

 private:
  std::unique_ptr<Machine> machine_;
};

}  // namespace carillon::script
