// SPDX-License-Identifier: Apache-2.0
// The virtual machine's calls: functions, routes, async, launch, logging.
#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "script/format_string.h"
#include "script/machine.h"
#include "script/transformations.h"

namespace carillon::script {

void Machine::call(const Instruction& in) {
  const CallSite& site = code_->calls[in.operand];
  const auto delivery = static_cast<Delivery>(in.flags);
  const bool ready = prepare_arguments(site);
  int timeout = site.timeout_seconds;
  if (delivery == Delivery::Async) {
    if (site.dynamic_timeout) timeout = static_cast<int>(pop().as_integer());
    async_route_ = site.route;
    if (site.dynamic_route) {
      const auto route = find_route(pop());
      if (!route) return end(End::Exited, -1);
      async_route_ = *route;
    }
  }
  if (delivery == Delivery::Async && !environment_->begin_async()) return end(End::Exited, -1);
  if (!ready) return deliver(-1, delivery);
  const FunctionDecl& function = *site.declaration;
  constexpr std::uint64_t kCostOfCall = 30;
  charge(kCostOfCall);
  const CallResult result =
      function.code(Call{run_, *environment_, function, call_arguments_, timeout, delivery == Delivery::Async});
  if (result.is_pending()) {
    state_ = State::WaitsForCode;
    return;
  }
  deliver(result.code(), delivery);
}

// False: an argument could not be made; it has been told and the function is not called.
bool Machine::prepare_arguments(const CallSite& site) {
  call_arguments_ = site.arguments;
  if (site.dynamic.empty()) return !take_failure();
  std::copy(site.arguments.begin(), site.arguments.end(), arguments_.begin());
  call_arguments_ = std::span<const Argument>(arguments_).first(site.arguments.size());
  for (auto dynamic = site.dynamic.rbegin(); dynamic != site.dynamic.rend(); ++dynamic) {
    Argument& argument = arguments_[dynamic->position];
    if (dynamic->site != nullptr) {
      references_[dynamic->position] = resolve(*dynamic->site);
      argument.variable = &references_[dynamic->position];
    } else {
      argument.value = pop();
    }
  }
  if (take_failure()) {
    report(LogLevel::Error, fmt::format("{}() is not called: an argument has no value", site.declaration->name));
    return false;
  }
  for (const DynamicArgument& dynamic : site.dynamic) {
    if (dynamic.site != nullptr) continue;
    const ParamDecl& param = site.declaration->params[dynamic.position];
    if (coerce(param, arguments_[dynamic.position])) continue;
    report(LogLevel::Error, fmt::format("{}() is not called: the argument '{}' has no fitting value",
                                        site.declaration->name, param.name));
    return false;
  }
  return true;
}

// Gives a dynamic argument the type its parameter takes.
bool Machine::coerce(const ParamDecl& param, Argument& argument) {
  if (argument.value.is_null()) {
    argument.kind = Argument::Kind::Missing;
    return param.optional;
  }
  if (param.kind == ParamKind::Integer) {
    if (argument.value.has_integer()) return true;
    const auto number = base::parse_number<std::int32_t>(base::trim(argument.value.as_text()));
    if (!number) return false;
    argument.value = Value::integer(*number);
    return true;
  }
  if (!argument.value.has_text()) {
    argument.value = Value::both(to_text(argument.value, environment_->arena()), argument.value.as_integer());
  }
  return true;
}

void Machine::deliver(int code, Delivery delivery) {
  if (delivery == Delivery::Async) return go_on_in(async_route_, code);
  done(code);
  if (code == 0) return end(End::Exited, 0);
  if (delivery == Delivery::Condition) push(code > 0 ? Truth::True : Truth::False);
  if (delivery == Delivery::Value) push(Value::integer(code));
}

std::optional<RouteId> Machine::find_route(const Value& name) {
  const std::string_view text = to_text(name, environment_->arena());
  const auto route = program_->find_route(RouteKind::Request, text == "0" ? std::string_view{} : text);
  if (!route) report(LogLevel::Error, fmt::format("there is no route[{}]", piece_text(name)));
  return route;
}

void Machine::call_route(const Instruction& in) {
  const RouteSite& site = code_->route_sites[in.operand];
  const auto delivery = static_cast<Delivery>(in.flags);
  const auto size = static_cast<std::uint32_t>(stack_.size());
  Frame frame;
  frame.parameters = size - in.count;
  frame.count = in.count;
  frame.restore = frame.parameters - (site.dynamic ? 1 : 0);
  frame.return_to = pc_;
  frame.delivery = delivery;
  failed_ = false;
  RouteId target = site.target;
  if (site.dynamic) {
    const auto found = find_route(stack_[frame.restore]);
    if (!found) {
      stack_.resize(frame.restore);
      return deliver(-1, delivery);
    }
    target = *found;
  }
  if (frames_.size() >= code_->limits.max_route_depth) {
    return stop(fmt::format("routes call one another more than {} deep", code_->limits.max_route_depth));
  }
  enter(target, frame);
}

void Machine::enter(RouteId route, const Frame& frame) {
  frames_.push_back(frame);
  frames_.back().route = route;
  frames_.back().loops = static_cast<std::uint32_t>(loops_.size());
  pc_ = code_->route_code[route].entry;
  last_ = 1;
  state_ = State::Running;
}

void Machine::leave(int code) {
  const Frame frame = frames_.back();
  if (code == 0 || frame.delivery == Delivery::End) return end(End::Exited, 0);
  if (frames_.size() == 1) return end(End::Returned, code);
  frames_.pop_back();
  stack_.resize(frame.restore);
  loops_.resize(frame.loops);
  pc_ = frame.return_to;
  deliver(code, frame.delivery);
}

void Machine::assertion_failed(const Value& text) {
  report(LogLevel::Critical, fmt::format("assertion failed: {}", piece_text(text)));
  environment_->assertion_failed();
  const auto route = program_->find_route(RouteKind::Error);
  if (!route || asserted_ || current_route().kind == RouteKind::Error) return end(End::AssertFailed, -1);
  asserted_ = true;
  Frame frame;
  frame.parameters = frame.restore = static_cast<std::uint32_t>(stack_.size());
  frame.delivery = Delivery::End;
  enter(*route, frame);
}

void Machine::return_values(std::size_t count) {
  returned_.assign(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
  stack_.resize(stack_.size() - count);
  const Value code = pop();
  if (take_failure() || code.is_null()) return leave(-1);
  leave(code.has_integer() ? static_cast<int>(code.as_integer()) : 1);
}

void Machine::go_on_in(RouteId route, int code) {
  stack_.clear();
  frames_.clear();
  loops_.clear();
  reset_locals();
  returned_.clear();
  enter(route, Frame{});
  rc_ = code;
}

// --- launch() --------------------------------------------------------------------------------------------------------

void Machine::launch(const LaunchSite& site) {
  const CallSite& call_site = code_->calls[site.call];
  const Value parameter = site.has_parameter ? pop() : Value::null();
  const bool ready = prepare_arguments(call_site);
  RouteId route = site.route;
  if (site.dynamic_route) {
    const auto found = find_route(pop());
    if (!found) return done(-1);
    route = *found;
  }
  if (!ready) return done(-1);
  Launch made = make_launch(site, route);
  made.parameter = parameter.has_text() ? Value::text(own_text(made, parameter.as_text())) : parameter;
  const bool accepted = environment_->launch(std::move(made));
  if (!accepted) report(LogLevel::Error, fmt::format("{}() can't be launched here", call_site.declaration->name));
  done(accepted ? 1 : -1);
}

std::string_view Machine::own_text(Launch& launch, std::string_view text) {
  return *launch.texts.emplace_back(std::make_unique<std::string>(text));
}

Launch Machine::make_launch(const LaunchSite& site, RouteId route) {
  Launch made;
  made.program = program_;
  made.call_site = site.call;
  made.has_report_route = site.has_route;
  made.report_route = route;
  made.arguments.assign(call_arguments_.begin(), call_arguments_.end());
  made.variables.reserve(made.arguments.size());
  for (Argument& argument : made.arguments) {
    if (argument.variable != nullptr) {
      VariableRef& ref = made.variables.emplace_back(*argument.variable);
      ref.sub_name = own_text(made, ref.sub_name);
      argument.variable = &ref;
    }
    const Value value = argument.value;
    if (!value.has_text()) continue;
    const std::string_view text = own_text(made, value.as_text());
    argument.value = value.has_integer() ? Value::both(text, value.as_integer()) : Value::text(text);
  }
  return made;
}

Outcome Machine::start_launch(const Launch& launch, Environment& environment) {
  begin(launch.program, environment);
  launch_ = &launch;
  state_ = State::Running;
  const CallSite& site = code_->calls[launch.call_site];
  const FunctionDecl& function = *site.declaration;
  const CallResult result = function.code(Call{run_, environment, function, launch.arguments, 0, true});
  if (result.is_pending()) {
    state_ = State::WaitsForCode;
  } else {
    finish_launch(result.code());
  }
  return execute();
}

void Machine::finish_launch(int code) {
  if (!launch_->has_report_route) return end(End::Returned, code);
  push(launch_->parameter);
  Frame frame;
  frame.count = 1;
  enter(launch_->report_route, frame);
  rc_ = code;
}

// --- script_trace()
// ---------------------------------------------------------------------------------------------------

std::string_view Machine::statement_name(const Instruction& in) const {
  switch (in.op) {
    case Op::Branch:
      return "if";
    case Op::Store:
    case Op::StoreTruth:
      return "assign";
    case Op::Call:
      return code_->calls[in.operand].declaration->name;
    case Op::CallRoute:
      return "route";
    case Op::Launch:
      return "launch";
    case Op::Return:
      return "return";
    case Op::EndRoute:
      return "end of the route";
    case Op::Exit:
      return "exit";
    case Op::Drop:
      return "drop";
    default:
      return "xlog";
  }
}

void Machine::trace_statement(const Instruction& in) {
  const auto level = static_cast<LogLevel>(script_trace_->level);
  if (!environment_->log_enabled(LogSource::Machine, level)) return;
  const Position at = position();
  std::string line = fmt::format("[{}][{}]", program_->describe(at), code_->route_code[frames_.back().route].label);
  if (!script_trace_->tag.empty()) line += fmt::format("[{}]", script_trace_->tag);
  line += fmt::format("[{}]", statement_name(in));
  if (script_trace_->text != nullptr) {
    const auto text = script_trace_->text->expand(*environment_, &run_);
    line += fmt::format(" -> ({})", text ? *text : std::string_view("<error>"));
  }
  environment_->log(LogSource::Machine, level, line, at);
}

// --- Logging ---------------------------------------------------------------------------------------------------------

void Machine::log_guard(const Instruction& in) {
  const auto level = static_cast<LogLevel>(in.flags - kLevelBias);
  if (environment_->log_enabled(LogSource::Xlog, level)) return;
  done(1);
  pc_ = in.operand;
}

void Machine::log_guard_dynamic(const Instruction& in) {
  if (environment_->log_enabled(LogSource::Xlog, level_of(stack_.back()))) return;
  stack_.pop_back();
  failed_ = false;
  done(1);
  pc_ = in.operand;
}

void Machine::log_text(LogLevel level) {
  const Value text = pop();
  if (take_failure()) return done(-1);
  environment_->log(LogSource::Xlog, level, piece_text(text), position());
  done(1);
}

// A number, or the name of a level, of which a letter is enough.
LogLevel Machine::level_of(const Value& value) {
  if (value.has_integer()) {
    const auto number = std::clamp<std::int64_t>(value.as_integer(), -3, 4);
    return static_cast<LogLevel>(number == 0 ? 1 : number);
  }
  std::string_view text = value.as_text();
  if (base::istarts_with(text, "L_")) text.remove_prefix(2);
  switch (text.empty() ? '\0' : base::to_upper(text.front())) {
    case 'A':
      return LogLevel::Alert;
    case 'C':
      return LogLevel::Critical;
    case 'E':
      return LogLevel::Error;
    case 'W':
      return LogLevel::Warning;
    case 'N':
      return LogLevel::Notice;
    case 'I':
      return LogLevel::Info;
    case 'D':
      return LogLevel::Debug;
    default:
      return LogLevel::Error;
  }
}

}  // namespace carillon::script
