// SPDX-License-Identifier: Apache-2.0
// See machine_trace.h.
#include "script/machine_trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "script/transformations.h"

namespace carillon::script {

namespace {

using Kind = TraceEvent::Kind;

// By Operator.
constexpr std::string_view kUpdates[] = {"+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="};

// Instructions that an author has not written: they stand where a construct ends, with the place of what came before.
bool has_place(Op op) {
  switch (op) {
    case Op::Jump:
    case Op::KeepCondition:
    case Op::LoopEnter:
    case Op::LoopStep:
    case Op::LoopLeave:
    case Op::ForExit:
    case Op::Pop:
    case Op::EndRoute:
    case Op::Not:
    case Op::And:
    case Op::Or:
      return false;
    default:
      return true;
  }
}

bool is_async(const Instruction& in) { return in.op == Op::Call && static_cast<Delivery>(in.flags) == Delivery::Async; }

bool reads(Op op) {
  return op == Op::ReadLocal || op == Op::ReadHost || op == Op::ReadAvp || op == Op::ReadOther || op == Op::ForNext;
}

std::string_view builtin_name(ast::Builtin builtin) {
  switch (builtin) {
    case ast::Builtin::Local:
      return "var";
    case ast::Builtin::Avp:
      return "avp";
    case ast::Builtin::Param:
      return "param";
    case ast::Builtin::Return:
      return "return";
    case ast::Builtin::ReturnCode:
      return "rc";
    case ast::Builtin::RouteCurrent:
      return "route";
    case ast::Builtin::RouteName:
      return "route.name";
    case ast::Builtin::RouteType:
      return "route.type";
    default:
      return "?";
  }
}

std::string_view end_name(End end) {
  switch (end) {
    case End::Returned:
      return "end of the route";
    case End::Exited:
      return "exit";
    case End::Dropped:
      return "drop";
    case End::AssertFailed:
      return "assert";
    case End::Stopped:
      return "stopped";
  }
  return "";
}

// "$hdr(Subject)", "$(avp(x)[2])"
std::string spelled(std::string_view name, std::string_view sub_name, std::string_view index, bool own_context) {
  std::string text(name);
  if (!sub_name.empty()) text += fmt::format("({})", sub_name);
  if (index.empty() && own_context) return "$" + text;
  return fmt::format("$({}{}{})", own_context ? "" : "<...>", text, index.empty() ? "" : fmt::format("[{}]", index));
}

std::string index_text(const Index& index) {
  if (index.kind == Index::Kind::Append) return "append";
  return index.kind == Index::Kind::At ? std::to_string(index.at) : std::string();
}

}  // namespace

Machine::~Machine() = default;

void Machine::watch(Tracer& tracer) { trace_ = std::make_unique<Trace>(*this, tracer); }

bool Machine::assign(const VariableRef& ref, const Value& value, WriteMode mode) {
  const bool done = write(ref, value, mode);
  if (trace_ != nullptr) trace_->wrote(ref, value, done);
  return done;
}

// As the loop of execute(), looking on.
void Machine::run_watched() {
  trace_->enter();
  while (state_ == State::Running) {
    if (++steps_ >= check_at_) {
      check_limits();
      if (state_ != State::Running) break;
    }
    const Instruction& in = code_->instructions[pc_++];
    trace_->step(in);
  }
  trace_->leave();
}

void Machine::Trace::emit(TraceEvent event) {
  event.position = machine_.position();
  tracer_.on_event(machine_.run_, event);
}

void Machine::Trace::enter() {
  if (waits_ != Waits::No && !lines_.empty()) return resume();
  waits_ = Waits::No;
  lines_.assign(1, {});
  if (machine_.launch_ == nullptr) {
    emit({.kind = Kind::Begin, .name = machine_.code_->route_code[machine_.frames_.back().route].label});
    return;
  }
  emit({.kind = Kind::Begin, .name = "launch"});
  name_ = machine_.code_->calls[machine_.launch_->call_site].declaration->name;
  if (machine_.suspended()) return;
  emit({.kind = Kind::Call, .name = name_, .code = machine_.rc_});
  enter_route();
}

void Machine::Trace::resume() {
  const Waits waited = std::exchange(waits_, Waits::No);
  emit({.kind = Kind::Resume, .name = name_});
  if (waited == Waits::ForValue) {
    emit({.kind = Kind::Read, .name = name_, .value = machine_.stack_.back()});
    return;
  }
  emit({.kind = Kind::Call, .name = name_, .code = machine_.rc_});
  if (waited == Waits::ForRoute) enter_route();
}

// The run goes on in a route of its own: after async() and launch().
void Machine::Trace::enter_route() {
  lines_.assign(1, {});
  if (machine_.frames_.empty() || machine_.state_ != State::Running) return;
  emit({.kind = Kind::Enter, .name = machine_.code_->route_code[machine_.frames_.back().route].label});
}

void Machine::Trace::leave() {
  if (machine_.suspended()) {
    const bool launched = machine_.frames_.empty();
    const bool async = !launched && is_async(machine_.code_->instructions[machine_.pc_ - 1]);
    waits_ = machine_.waits_for_value() ? Waits::ForValue : launched || async ? Waits::ForRoute : Waits::ForCode;
    emit({.kind = Kind::Wait, .name = name_});
    return;
  }
  emit({.kind = Kind::End, .name = end_name(machine_.outcome_.end), .code = machine_.outcome_.code});
  lines_.clear();
}

void Machine::Trace::step(const Instruction& in) {
  come_to_line(in);
  before(in);
  const std::size_t depth = machine_.frames_.size();
  machine_.instruction(in);
  if (machine_.suspended()) return;
  if (in.op == Op::Call) {
    emit({.kind = Kind::Call, .name = name_, .code = machine_.rc_});
    if (is_async(in)) enter_route();
  } else if (machine_.frames_.size() != depth) {
    after_jump(depth);
  } else {
    after(in);
  }
}

void Machine::Trace::come_to_line(const Instruction& in) {
  if (!has_place(in.op)) return;
  const Position at = machine_.position();
  Seen& seen = lines_.back();
  const bool same = at.line == seen.at.line && at.file == seen.at.file && machine_.pc_ > seen.pc;
  seen = {machine_.pc_, at};
  if (!same && at.line != 0) emit({.kind = Kind::Line});
}

void Machine::Trace::before(const Instruction& in) {
  if (in.op == Op::ReadLocal) {
    name_ = name_of_local(in.operand);
  } else if (reads(in.op)) {
    name_ = name_of(machine_.code_->variables[in.operand]);
  } else if (in.op == Op::Transform) {
    name_ = fmt::format("{{{}}}", machine_.code_->transformations[in.operand].declaration->name);
  } else if (in.op == Op::Store || in.op == Op::StoreTruth) {
    const VariableSite& site = machine_.code_->variables[in.operand];
    value_ = machine_.pop();
    name_ = name_of(site);
    machine_.push(value_);
    const bool updates = static_cast<StoreMode>(in.flags) == StoreMode::Update;
    if (updates && (site.ref.storage == VariableRef::Storage::Host || site.dynamic_sub_name || site.dynamic_index)) {
      name_ += fmt::format(" {}", kUpdates[in.count]);
    }
  } else if (in.op == Op::Call) {
    name_ = machine_.code_->calls[in.operand].declaration->name;
  } else if (in.op == Op::LogText || in.op == Op::LogDynamic || in.op == Op::LogPlain) {
    log_of(in);
  }
}

void Machine::Trace::log_of(const Instruction& in) {
  const int level = in.op == Op::LogDynamic ? static_cast<int>(level_of(machine_.stack_[machine_.stack_.size() - 2]))
                                            : static_cast<int>(in.flags) - kLevelBias;
  const Value text = in.op == Op::LogPlain ? machine_.code_->constants[in.operand] : machine_.stack_.back();
  emit({.kind = Kind::Log, .value = text, .code = level});
}

void Machine::Trace::after(const Instruction& in) {
  const bool running = machine_.state_ == State::Running;
  if (reads(in.op) && running) {
    emit({.kind = Kind::Read, .name = name_, .value = machine_.stack_.back()});
  } else if (in.op == Op::Transform && running) {
    emit({.kind = Kind::Transform, .name = name_, .value = machine_.stack_.back()});
  } else if (in.op == Op::Store || in.op == Op::StoreTruth) {
    emit({.kind = Kind::Write, .name = name_, .value = stored(in), .code = machine_.rc_});
  } else if (in.op == Op::Branch) {
    emit({.kind = Kind::Condition, .code = machine_.condition_});
  }
}

// What the variable has now: of `+=` and its kin the result, where looking at it does nothing.
Value Machine::Trace::stored(const Instruction& in) const {
  const VariableSite& site = machine_.code_->variables[in.operand];
  const bool is_own = site.ref.storage != VariableRef::Storage::Host && !site.dynamic_sub_name && !site.dynamic_index;
  if (static_cast<StoreMode>(in.flags) != StoreMode::Update || !is_own) return value_;
  return machine_.read(site.ref).value();
}

// To another route, or back from it.
void Machine::Trace::after_jump(std::size_t depth) {
  const std::size_t now = machine_.frames_.size();
  lines_.resize(std::max<std::size_t>(now, 1));
  if (machine_.state_ != State::Running) return;
  if (now > depth) {
    const RouteId route = machine_.frames_.back().route;
    emit({.kind = Kind::Enter, .name = machine_.code_->route_code[route].label});
  } else {
    emit({.kind = Kind::Leave, .code = machine_.rc_});
  }
}

void Machine::Trace::wrote(const VariableRef& ref, const Value& value, bool done) {
  std::string name;
  if (ref.storage == VariableRef::Storage::Host) {
    name = spelled(ref.declaration->name, ref.sub_name, index_text(ref.index), ref.context == kOwnContext);
  } else {
    const auto kind = ref.storage == VariableRef::Storage::Avp ? ast::Builtin::Avp : ast::Builtin::Local;
    name = spelled(builtin_name(kind), ref.sub_name, index_text(ref.index), true);
  }
  emit({.kind = Kind::Write, .name = name, .value = value, .code = done ? 1 : -1});
}

void Machine::Trace::logged(LogLevel level, std::string_view text) {
  emit({.kind = Kind::Log, .value = Value::text(text), .code = static_cast<int>(level)});
}

// --- Names -----------------------------------------------------------------------------------------------------------

// What is dynamic of it stands on the stack.
std::string Machine::Trace::name_of(const VariableSite& site) const {
  std::size_t top = machine_.stack_.size();
  const auto below = [this, &top] { return machine_.stack_[--top]; };
  base::Arena& arena = machine_.environment_->arena();
  std::string index = site.all ? "*" : index_text(site.ref.index);
  if (site.dynamic_index) index = to_text(below(), arena);
  std::string_view sub_name = site.ref.sub_name;
  if (site.dynamic_sub_name) sub_name = to_text(below(), arena);
  const std::string_view name =
      site.ref.declaration != nullptr ? site.ref.declaration->name : builtin_name(site.builtin);
  return spelled(name, sub_name, index, site.ref.context == kOwnContext);
}

std::string Machine::Trace::name_of_local(std::uint32_t slot) const {
  for (const auto& [name, known] : machine_.code_->locals) {
    if (known == slot) return spelled("var", name, {}, true);
  }
  return "$var";
}

}  // namespace carillon::script
