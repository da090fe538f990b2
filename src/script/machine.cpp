// SPDX-License-Identifier: Apache-2.0
// The virtual machine's loop, its jumps and its ends.
#include "script/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "base/assert.h"
#include "script/machine_trace.h"

namespace carillon::script {

namespace {

// Rare enough to cost nothing, often enough that no run goes far beyond its limits.
constexpr std::uint64_t kStepsBetweenChecks = 4096;

std::chrono::nanoseconds processor_time() {
  std::timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

Machine::Machine(Run& run) : run_(run) {
  constexpr std::size_t kUsualDepth = 64;
  stack_.reserve(kUsualDepth);
  frames_.reserve(kUsualDepth);
  loops_.reserve(kUsualDepth);
  returned_.reserve(kUsualDepth);
  scratch_.reserve(kUsualDepth);
}

void Machine::begin(std::shared_ptr<const Program> program, Environment& environment) {
  program_ = std::move(program);
  code_ = &program_->code();
  environment_ = &environment;
  rc_ = last_ = 1;
  condition_ = 0;
  failed_ = asserted_ = false;
  steps_ = text_bytes_ = 0;
  arena_bytes_ = environment.arena().capacity();
  spent_ = {};
  outcome_ = {};
  launch_ = nullptr;
  script_trace_.reset();
  stack_.clear();
  frames_.clear();
  loops_.clear();
  reset_locals();
  returned_.clear();
  named_.clear();
  if (trace_ != nullptr) trace_->forget();
}

void Machine::reset_locals() {
  locals_.assign(code_->locals.size(), Value::null());
  late_locals_.clear();
  for (const NamedValue& initial : environment_->initial_locals()) local(slot_of(initial.name)) = initial.value;
}

Outcome Machine::start(std::shared_ptr<const Program> program, RouteId route, Environment& environment,
                       std::span<const Value> parameters, std::span<const NamedValue> named) {
  begin(std::move(program), environment);
  CARILLON_ASSERT(route < code_->routes.size());
  named_.assign(named.begin(), named.end());
  stack_.insert(stack_.end(), parameters.begin(), parameters.end());
  Frame frame;
  frame.count = static_cast<std::uint32_t>(parameters.size());
  enter(route, frame);
  return execute();
}

Outcome Machine::start_text(std::shared_ptr<const Program> program, Environment& environment, const Machine* outer) {
  begin(std::move(program), environment);
  Frame frame;
  if (outer != nullptr && !outer->frames_.empty()) {
    for (const auto& [name, slot] : code_->locals) {
      const auto known = outer->code_->locals.find(name);
      if (known != outer->code_->locals.end()) locals_[slot] = outer->locals_[known->second];
    }
    const Frame& around = outer->frames_.back();
    const auto first = outer->stack_.begin() + around.parameters;
    stack_.assign(first, first + around.count);
    named_ = outer->named_;
    frame.count = around.count;
  }
  enter(0, frame);
  if (outer != nullptr) rc_ = outer->rc_;
  return execute();
}

Outcome Machine::resume_code(int code) {
  CARILLON_ASSERT(state_ == State::WaitsForCode);
  state_ = State::Running;
  if (launch_ != nullptr && frames_.empty()) {
    finish_launch(code);
  } else {
    deliver(code, static_cast<Delivery>(code_->instructions[pc_ - 1].flags));
  }
  return execute();
}

Outcome Machine::resume_value(const Value& value) {
  CARILLON_ASSERT(state_ == State::WaitsForValue);
  state_ = State::Running;
  push(value);
  return execute();
}

void Machine::reset() {
  state_ = State::Idle;
  launch_ = nullptr;
  frames_.clear();
  program_.reset();
  code_ = nullptr;
  environment_ = nullptr;
}

Position Machine::position() const {
  if (code_ == nullptr) return {};
  if (frames_.empty() && launch_ != nullptr) return code_->calls[launch_->call_site].position;
  return code_->positions[pc_ == 0 ? 0 : pc_ - 1];
}

void Machine::end(End how, int code) {
  state_ = State::Finished;
  outcome_ = {Outcome::State::Finished, how, code};
}

void Machine::report(LogLevel level, std::string_view text) {
  if (trace_ != nullptr) trace_->logged(level, text);
  if (!environment_->log_enabled(LogSource::Machine, level)) return;
  const Position at = position();
  environment_->log(LogSource::Machine, level, fmt::format("{}: {}", program_->describe(at), text), at);
}

void Machine::stop(std::string_view why) {
  report(LogLevel::Error, why);
  end(End::Stopped, -1);
}

void Machine::fail(std::string_view why) {
  failed_ = true;
  report(LogLevel::Warning, why);
}

void Machine::push_result(const ReadResult& result) {
  if (result.is_pending()) {
    state_ = State::WaitsForValue;
    return;
  }
  if (result.is_error()) failed_ = true;
  push(result.value());
}

Outcome Machine::execute() {
  clock_.reset();
  check_at_ = std::min(steps_ + kStepsBetweenChecks, code_->limits.max_steps + 1);
  if (trace_ != nullptr) run_watched();
  while (state_ == State::Running) {
    if (++steps_ >= check_at_) {
      check_limits();
      if (state_ != State::Running) break;
    }
    instruction(code_->instructions[pc_++]);
  }
  if (clock_) spent_ += processor_time() - *clock_;
  if (suspended()) return {Outcome::State::Suspended, End::Returned, 0};
  return outcome_;
}

void Machine::check_limits() {
  const RunLimits& limits = code_->limits;
  check_at_ = std::min(steps_ + kStepsBetweenChecks, limits.max_steps + 1);
  if (steps_ > limits.max_steps) return stop(fmt::format("the script was ended after {} steps", limits.max_steps));
  if (environment_->arena().capacity() > arena_bytes_ + limits.max_run_memory) {
    return stop(fmt::format("the script was ended after using {} bytes of memory", limits.max_run_memory));
  }
  const std::chrono::nanoseconds now = processor_time();
  if (!clock_) clock_ = now;
  if (spent_ + (now - *clock_) > limits.max_time) {
    stop(fmt::format("the script was ended after {} ms of processor time", limits.max_time.count()));
  }
}

// The families stand in Op one behind the other.
void Machine::instruction(const Instruction& in) {
  if (in.op <= Op::Negate) {
    value_instruction(in);
  } else if (in.op <= Op::Or) {
    truth_instruction(in);
  } else if (in.op <= Op::Pop) {
    flow_instruction(in);
  } else if (in.op <= Op::Drop) {
    statement_instruction(in);
  } else {
    log_instruction(in);
  }
}

void Machine::value_instruction(const Instruction& in) {
  switch (in.op) {
    case Op::PushConstant:
      push(code_->constants[in.operand]);
      break;
    case Op::ReadLocal:
      push(locals_[in.operand]);
      break;
    case Op::ReadHost:
    case Op::ReadAvp:
      push_result(read(code_->variables[in.operand].ref));
      break;
    case Op::ReadOther:
      read_other(code_->variables[in.operand]);
      break;
    case Op::Transform:
      transform(code_->transformations[in.operand]);
      break;
    case Op::Quote:
      quote(static_cast<char>(in.operand));
      break;
    case Op::Concat:
      concat(in.count);
      break;
    case Op::Combine:
      combine(in);
      break;
    case Op::Complement:
      negate(true);
      break;
    default:
      negate(false);
      break;
  }
}

void Machine::truth_instruction(const Instruction& in) {
  switch (in.op) {
    case Op::Compare:
      compare(in);
      break;
    case Op::CompareAddress: {
      const Truth truth = compare_address(static_cast<CompareOp>(in.flags), pop(), code_->networks[in.operand]);
      push(take_failure() ? Truth::Error : truth);
      break;
    }
    case Op::MatchConstant:
      match(in, code_->regexes[in.operand].get());
      break;
    case Op::MatchDynamic:
      match_dynamic(in);
      break;
    case Op::ToTruth:
      to_truth();
      break;
    case Op::FromTruth:
      from_truth();
      break;
    case Op::Not:
      invert();
      break;
    case Op::And:
      keep_or_drop(top_truth() != Truth::True, in);
      break;
    default:
      keep_or_drop(top_truth() != Truth::False, in);
      break;
  }
}

// && and ||: what decides stays and jumps over the right side.
void Machine::keep_or_drop(bool decided, const Instruction& in) {
  if (decided) {
    pc_ = in.operand;
  } else {
    stack_.pop_back();
  }
}

void Machine::invert() {
  const Truth truth = top_truth();
  stack_.pop_back();
  push(truth == Truth::Error ? truth : truth == Truth::True ? Truth::False : Truth::True);
}

void Machine::flow_instruction(const Instruction& in) {
  if (script_trace_ != nullptr && in.op == Op::Branch) trace_statement(in);
  switch (in.op) {
    case Op::Jump:
      pc_ = in.operand;
      break;
    case Op::Branch:
      branch(in);
      break;
    case Op::KeepCondition:
      if (in.flags == 0) rc_ = condition_;
      last_ = 1;
      break;
    case Op::LoopEnter:
      loops_.push_back(0);
      break;
    case Op::LoopStep:
      loop_step(in);
      break;
    case Op::LoopLeave:
      loops_.pop_back();
      break;
    case Op::ForNext:
      for_next(code_->variables[in.operand]);
      break;
    case Op::ForExit:
      for_exit(in);
      break;
    case Op::CaseJump:
      case_jump(in);
      break;
    default:
      stack_.pop_back();
      failed_ = false;
      break;
  }
}

void Machine::statement_instruction(const Instruction& in) {
  if (script_trace_ != nullptr) trace_statement(in);
  switch (in.op) {
    case Op::Store:
      store(in, false);
      break;
    case Op::StoreTruth:
      store(in, true);
      break;
    case Op::Call:
      call(in);
      break;
    case Op::CallRoute:
      call_route(in);
      break;
    case Op::Launch:
      launch(code_->launches[in.operand]);
      break;
    case Op::Return:
      return_values(in.count);
      break;
    case Op::EndRoute:
      returned_.clear();
      leave(last_);
      break;
    case Op::Exit:
      end(End::Exited, 0);
      break;
    default:
      end(End::Dropped, 0);
      break;
  }
}

void Machine::log_instruction(const Instruction& in) {
  const auto level = static_cast<LogLevel>(in.flags - kLevelBias);
  if (script_trace_ != nullptr && in.op <= Op::LogGuardDynamic) trace_statement(in);
  switch (in.op) {
    case Op::LogGuard:
      log_guard(in);
      break;
    case Op::LogGuardDynamic:
      log_guard_dynamic(in);
      break;
    case Op::LogText:
      log_text(level);
      break;
    case Op::LogDynamic: {
      const Value text = pop();
      const LogLevel dynamic_level = level_of(pop());
      push(text);
      log_text(dynamic_level);
      break;
    }
    case Op::LogPlain:
      if (environment_->log_enabled(LogSource::Log, level)) {
        environment_->log(LogSource::Log, level, code_->constants[in.operand].as_text(), position());
      }
      done(1);
      break;
    default:
      assertion_failed(pop());
      break;
  }
}

void Machine::branch(const Instruction& in) {
  condition_ = static_cast<int>(top_truth());
  stack_.pop_back();
  if (condition_ <= 0) pc_ = in.operand;
}

void Machine::loop_step(const Instruction& in) {
  if (loops_.back()++ < code_->limits.max_loop_iterations) return;
  report(LogLevel::Error, fmt::format("this loop was left after {} turns", code_->limits.max_loop_iterations));
  pc_ = in.operand;
}

void Machine::for_exit(const Instruction& in) {
  if (!stack_.back().is_null()) return;
  failed_ = false;
  stack_.resize(stack_.size() - 1 - in.count);
  pc_ = in.operand;
}

void Machine::case_jump(const Instruction& in) {
  const Value wanted = pop();
  const Value& tested = stack_.back();
  failed_ = false;
  const bool same_kind = wanted.has_integer() ? tested.has_integer() : tested.has_text();
  const bool equal = same_kind && (wanted.has_integer() ? tested.as_integer() == wanted.as_integer()
                                                        : base::iequals(tested.as_text(), wanted.as_text()));
  if (!equal) return;
  stack_.pop_back();
  pc_ = in.operand;
}

}  // namespace carillon::script
