// SPDX-License-Identifier: Apache-2.0
// The state of one run and the instructions that change it. Only vm.h's Run uses it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "script/bytecode.h"
#include "script/host.h"
#include "script/operators.h"
#include "script/program.h"
#include "script/vm.h"

namespace carillon::script {

class Machine {
 public:
  explicit Machine(Run& run);
  ~Machine();

  Outcome start(std::shared_ptr<const Program> program, RouteId route, Environment& environment,
                std::span<const Value> parameters, std::span<const NamedValue> named);
  Outcome start_text(std::shared_ptr<const Program> program, Environment& environment, const Machine* outer);
  Outcome start_launch(const Launch& launch, Environment& environment);
  void trace(std::unique_ptr<const ScriptTrace> trace) { script_trace_ = std::move(trace); }
  Outcome resume_code(int code);
  Outcome resume_value(const Value& value);
  void reset();
  void watch(Tracer& tracer);

  [[nodiscard]] bool suspended() const { return state_ == State::WaitsForCode || state_ == State::WaitsForValue; }
  [[nodiscard]] bool waits_for_value() const { return state_ == State::WaitsForValue; }
  [[nodiscard]] bool write(const VariableRef& ref, const Value& value, WriteMode mode);
  // What a function writes to an output argument.
  [[nodiscard]] bool assign(const VariableRef& ref, const Value& value, WriteMode mode);
  [[nodiscard]] ReadResult read(const VariableRef& ref);
  // Of a $var by its name.
  [[nodiscard]] std::uint32_t slot_of(std::string_view local);
  [[nodiscard]] const Program* program() const { return program_.get(); }
  [[nodiscard]] Environment& environment() const { return *environment_; }
  [[nodiscard]] Position position() const;
  [[nodiscard]] const RouteInfo& current_route() const { return code_->routes[frames_.back().route]; }
  [[nodiscard]] std::span<const Value> returned() const { return returned_; }

 private:
  enum class State : std::uint8_t { Idle, Running, WaitsForCode, WaitsForValue, Finished };

  struct Frame {
    std::uint32_t return_to = 0;
    RouteId route = 0;
    std::uint32_t parameters = 0;  // where they begin on the stack
    std::uint32_t count = 0;
    std::uint32_t restore = 0;  // size of the stack after the call
    std::uint32_t loops = 0;
    Delivery delivery = Delivery::Statement;
  };

  // --- Flow (machine.cpp) ---
  void begin(std::shared_ptr<const Program> program, Environment& environment);
  void reset_locals();
  Outcome execute();
  void run_watched();
  void instruction(const Instruction& in);
  void value_instruction(const Instruction& in);
  void truth_instruction(const Instruction& in);
  void flow_instruction(const Instruction& in);
  void statement_instruction(const Instruction& in);
  void log_instruction(const Instruction& in);
  void keep_or_drop(bool decided, const Instruction& in);
  void invert();
  void branch(const Instruction& in);
  void loop_step(const Instruction& in);
  void for_exit(const Instruction& in);
  void case_jump(const Instruction& in);
  void end(End how, int code);
  // Ends the run with an error that names the line.
  void stop(std::string_view why);
  // Counts work that takes longer than an instruction.
  void charge(std::uint64_t steps) { steps_ += steps; }
  // Looks at the limits that are too dear to be looked at in every step. Not Running afterwards: the run was stopped.
  void check_limits();
  void report(LogLevel level, std::string_view text);
  // script_trace(): the statement that this instruction stands for.
  void trace_statement(const Instruction& in);
  [[nodiscard]] std::string_view statement_name(const Instruction& in) const;
  void done(int code) { rc_ = last_ = code; }

  // --- The stack ---
  void push(const Value& value) { stack_.push_back(value); }
  Value pop() {
    const Value value = stack_.back();
    stack_.pop_back();
    return value;
  }
  void push(Truth truth) { push(Value::integer(static_cast<int>(truth))); }
  [[nodiscard]] Truth top_truth() const { return static_cast<Truth>(stack_.back().as_integer()); }
  void push_result(const ReadResult& result);
  [[nodiscard]] bool take_failure() { return std::exchange(failed_, false); }
  void fail(std::string_view why);

  // --- Values (machine_values.cpp) ---
  void combine(const Instruction& in);
  void negate(bool complement);
  void compare(const Instruction& in);
  void match(const Instruction& in, const Regex* regex);
  void match_dynamic(const Instruction& in);
  void to_truth();
  void from_truth();
  void quote(char delimiter);
  void concat(std::size_t count);
  void join(std::span<const Value> pieces, std::string_view separator);
  [[nodiscard]] std::string_view piece_text(const Value& value);
  [[nodiscard]] bool account(std::size_t text_bytes);
  void transform(const TransformSite& site);
  void read_other(const VariableSite& site);
  [[nodiscard]] ReadResult read_site(const VariableSite& site, const VariableRef& ref);
  void read_all(const VariableSite& site, const VariableRef& ref);
  void for_next(const VariableSite& site);
  [[nodiscard]] Value read_builtin(const VariableSite& site, const VariableRef& ref);
  [[nodiscard]] Value with_text(const Value& value);
  [[nodiscard]] Value parameter(const VariableSite& site, std::string_view name) const;
  [[nodiscard]] Value route_value(ast::Builtin builtin, const Index& index) const;
  // The variable of a site, its dynamic parts taken off the stack.
  [[nodiscard]] VariableRef resolve(const VariableSite& site);
  [[nodiscard]] Value& local(std::uint32_t slot);
  void store(const Instruction& in, bool in_condition);
  [[nodiscard]] bool update(const VariableRef& ref, Operator operation, const Value& operand);
  [[nodiscard]] bool write_avp(const VariableRef& ref, const Value& value, WriteMode mode);

  // --- Calls (machine_calls.cpp) ---
  void call(const Instruction& in);
  [[nodiscard]] bool prepare_arguments(const CallSite& site);
  [[nodiscard]] bool coerce(const ParamDecl& param, Argument& argument);
  void deliver(int code, Delivery delivery);
  void call_route(const Instruction& in);
  void enter(RouteId route, const Frame& frame);
  void leave(int code);
  // Its error_route runs, on what this route ran on; the run ends there.
  void assertion_failed(const Value& text);
  void return_values(std::size_t count);
  [[nodiscard]] std::optional<RouteId> find_route(const Value& name);
  // After async() or launch(): nothing of the run before is left but its code.
  void go_on_in(RouteId route, int code);
  void launch(const LaunchSite& site);
  [[nodiscard]] Launch make_launch(const LaunchSite& site, RouteId route);
  [[nodiscard]] static std::string_view own_text(Launch& launch, std::string_view text);
  void finish_launch(int code);

  // --- Logging (machine_calls.cpp) ---
  void log_guard(const Instruction& in);
  void log_guard_dynamic(const Instruction& in);
  void log_text(LogLevel level);
  [[nodiscard]] static LogLevel level_of(const Value& value);

  class Trace;

  Run& run_;
  std::unique_ptr<Trace> trace_;            // null: nobody watches
  std::shared_ptr<const Program> program_;  // kept while the run may go on
  const Code* code_ = nullptr;
  Environment* environment_ = nullptr;

  State state_ = State::Idle;
  std::uint32_t pc_ = 0;
  int rc_ = 1;             // $rc
  int last_ = 1;           // what the route returns at its end
  int condition_ = 0;      // truth of the last Branch
  bool failed_ = false;    // a value could not be made: what it stands in fails
  bool asserted_ = false;  // an assertion has failed: this is its error_route
  std::uint64_t steps_ = 0;
  std::uint64_t check_at_ = 0;  // steps at which check_limits() is due
  std::uint64_t text_bytes_ = 0;
  std::uint64_t arena_bytes_ = 0;                    // of the arena when the run began
  std::chrono::nanoseconds spent_{0};                // before the run was resumed last
  std::optional<std::chrono::nanoseconds> clock_{};  // of the thread, at the first check since then
  Outcome outcome_;

  std::vector<Value> stack_;
  std::vector<Frame> frames_;
  std::vector<std::uint32_t> loops_;  // turns made, of each loop entered
  std::vector<Value> locals_;         // $var: by slot, then those named at run time
  std::vector<std::string_view> late_locals_;
  std::vector<Value> returned_;
  std::vector<Value> scratch_;
  std::vector<NamedValue> named_;
  std::unique_ptr<const ScriptTrace> script_trace_;  // null: script_trace() is off
  const CallSite* async_site_ = nullptr;
  RouteId async_route_ = 0;
  const Launch* launch_ = nullptr;
  std::span<const Argument> call_arguments_;
  std::array<Argument, kMaxArguments> arguments_;
  std::array<VariableRef, kMaxArguments> references_;
};

}  // namespace carillon::script
