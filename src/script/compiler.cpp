// SPDX-License-Identifier: Apache-2.0
// Routes and statements to bytecode.
#include "script/compiler.h"

#include <fmt/format.h>

#include <utility>

#include "script/host.h"

namespace carillon::script {

using ast::CallArgument;
using ast::Statement;

std::unique_ptr<const Code> Compiler::compile(ast::Script script) {
  code_ = std::make_unique<Code>();
  code_->limits = settings_.limits;
  code_->files = source_.files();
  settings(script);
  routes(script);
  return std::move(code_);
}

std::unique_ptr<const Code> Compiler::compile_text(const ast::Text& pieces) {
  code_ = std::make_unique<Code>();
  code_->limits = settings_.limits;
  code_->files = source_.files();
  code_->routes.push_back({});
  code_->route_code.push_back({0, "text"});
  push(Value::integer(1));
  // One variable stays the value it is.
  if (pieces.size() == 1 && pieces.front().variable != nullptr) {
    read(*pieces.front().variable);
  } else {
    text(pieces);
  }
  emit(Op::Return, 0, 0, 1);
  return std::move(code_);
}

void Compiler::settings(ast::Script& script) {
  Settings& settings = code_->settings;
  settings.sockets = std::move(script.sockets);
  settings.aliases = std::move(script.aliases);
  for (ast::SettingStatement& statement : script.settings) {
    switch (statement.kind) {
      case ast::SettingStatement::Kind::Parameter: {
        ast::ParameterStatement& from = statement.parameter;
        settings.parameters.push_back(
            {std::move(from.name), std::move(from.value), source_.position(from.name_span.offset)});
        break;
      }
      case ast::SettingStatement::Kind::LoadModule:
        settings.modules.push_back(std::move(statement.load_module.name));
        break;
      case ast::SettingStatement::Kind::ModuleParameter: {
        ast::ModuleParameterStatement& from = statement.module_parameter;
        settings.module_parameters.push_back({std::move(from.modules), std::move(from.name), std::move(from.value),
                                              source_.position(from.name_span.offset)});
        break;
      }
    }
  }
}

void Compiler::routes(ast::Script& script) {
  for (const ast::Route& route : script.routes) {
    const auto id = static_cast<RouteId>(code_->routes.size());
    code_->routes.push_back({route.kind, route.name, std::chrono::seconds(route.period),
                             source_.position(route.name_span.offset, route.name_span.length)});
    code_->route_index.emplace(RouteKey{route.kind, route.name}, id);
    const std::string label = route.name.empty() ? std::string(keyword_of(route.kind))
                                                 : fmt::format("{}[{}]", keyword_of(route.kind), route.name);
    code_->route_code.push_back({here(), keep(label)});
    block(route.body);
    emit(Op::EndRoute);
  }
}

std::uint32_t Compiler::emit(Op op, std::uint32_t operand, std::uint8_t flags, std::uint16_t count) {
  code_->instructions.push_back({op, flags, count, operand});
  code_->positions.push_back(position_);
  return here() - 1;
}

std::string_view Compiler::keep(std::string_view text) { return code_->texts.emplace_back(text); }

void Compiler::push(const Value& value) {
  code_->constants.push_back(value);
  emit(Op::PushConstant, static_cast<std::uint32_t>(code_->constants.size() - 1));
}

void Compiler::block(const ast::Statements& statements) {
  for (const Statement& next : statements) statement(next);
}

void Compiler::statement(const Statement& statement) {
  at(statement.span);
  switch (statement.kind) {
    case Statement::Kind::Empty:
      break;
    case Statement::Kind::Block:
      block(statement.body);
      break;
    case Statement::Kind::If:
      if_statement(statement);
      break;
    case Statement::Kind::While:
      while_statement(statement);
      break;
    case Statement::Kind::For:
      for_statement(statement);
      break;
    case Statement::Kind::Switch:
      switch_statement(statement);
      break;
    case Statement::Kind::Break:
      breaks_.back().push_back(emit(Op::Jump));
      break;
    case Statement::Kind::Return:
      return_statement(statement);
      break;
    case Statement::Kind::Exit:
      emit(Op::Exit);
      break;
    case Statement::Kind::Drop:
      emit(Op::Drop);
      break;
    case Statement::Kind::Route:
      route_call(*statement.route, Delivery::Statement);
      break;
    case Statement::Kind::Call:
      call(*statement.call, Delivery::Statement);
      break;
    case Statement::Kind::Assign:
      assignment(*statement.assignment, Op::Store);
      break;
    case Statement::Kind::Assert:
      assert_statement(statement);
      break;
    case Statement::Kind::Log:
    case Statement::Kind::Xlog:
      log_statement(statement);
      break;
    case Statement::Kind::Async:
      async_statement(statement);
      break;
    case Statement::Kind::Launch:
      launch_statement(statement);
      break;
  }
}

void Compiler::arm(const ast::Statements& statements) {
  if (statements.empty()) {
    emit(Op::KeepCondition);
  } else {
    block(statements);
  }
}

void Compiler::if_statement(const Statement& statement) {
  condition(*statement.condition);
  const std::uint32_t branch = emit(Op::Branch);
  arm(statement.body);
  const std::uint32_t jump = emit(Op::Jump);
  patch(branch);
  arm(statement.otherwise);
  patch(jump);
}

void Compiler::while_statement(const Statement& statement) {
  breaks_.emplace_back();
  emit(Op::LoopEnter);
  const std::uint32_t begin = here();
  at(statement.span);
  const std::uint32_t step = emit(Op::LoopStep);
  condition(*statement.condition);
  const std::uint32_t branch = emit(Op::Branch);
  block(statement.body);
  emit(Op::Jump, begin);
  patch(branch);
  emit(Op::KeepCondition);
  patch(step);
  for (const std::uint32_t jump : breaks_.back()) patch(jump);
  breaks_.pop_back();
  emit(Op::LoopLeave);
}

// Each turn: the parts of the iterator, the parts of the list, the element, the assignment.
void Compiler::for_statement(const Statement& statement) {
  breaks_.emplace_back();
  emit(Op::KeepCondition, 0, 1);
  emit(Op::LoopEnter);
  const std::uint32_t begin = here();
  at(statement.span);
  const std::uint32_t step = emit(Op::LoopStep);
  const std::uint32_t target = variable_parts(*statement.variable);
  const VariableSite& site = code_->variables[target];
  const auto parts = static_cast<std::uint16_t>((site.dynamic_sub_name ? 1 : 0) + (site.dynamic_index ? 1 : 0));
  const std::uint32_t list = variable_parts(*statement.list);
  emit(Op::ForNext, list);
  const std::uint32_t exit = emit(Op::ForExit, 0, 0, parts);
  emit(Op::Store, target, static_cast<std::uint8_t>(StoreMode::Iterate));
  block(statement.body);
  emit(Op::Jump, begin);
  patch(step);
  patch(exit);
  for (const std::uint32_t jump : breaks_.back()) patch(jump);
  breaks_.pop_back();
  emit(Op::LoopLeave);
}

// First the comparisons, then the bodies one behind the other, so that falling through costs nothing.
void Compiler::switch_statement(const Statement& statement) {
  breaks_.emplace_back();
  read(*statement.variable);
  emit(Op::KeepCondition, 0, 1);
  std::vector<std::uint32_t> jumps;
  for (const ast::SwitchCase& current : statement.cases) {
    if (current.is_default) break;
    at(current.span);
    push(current.is_number ? Value::integer(current.number) : Value::text(keep(current.text)));
    jumps.push_back(emit(Op::CaseJump));
  }
  emit(Op::Pop);
  const std::uint32_t otherwise = emit(Op::Jump);
  bool has_default = false;
  std::size_t next = 0;
  for (const ast::SwitchCase& current : statement.cases) {
    patch(current.is_default ? otherwise : jumps[next++]);
    has_default = has_default || current.is_default;
    block(current.body);
  }
  if (!has_default) patch(otherwise);
  for (const std::uint32_t jump : breaks_.back()) patch(jump);
  breaks_.pop_back();
}

void Compiler::return_statement(const Statement& statement) {
  if (statement.arguments.empty()) {
    push(Value::integer(1));
    emit(Op::Return);
    return;
  }
  for (const CallArgument& argument : statement.arguments) value_argument(argument);
  emit(Op::Return, 0, 0, static_cast<std::uint16_t>(statement.arguments.size() - 1));
}

void Compiler::assert_statement(const Statement& statement) {
  if (!settings_.enable_asserts) return;
  condition(*statement.condition);
  emit(Op::Not);
  const std::uint32_t branch = emit(Op::Branch);
  if (statement.arguments.empty()) {
    push(Value::text(""));
  } else {
    value_argument(statement.arguments.front());
  }
  emit(Op::AssertFail);
  patch(branch);
}

void Compiler::log_statement(const Statement& statement) {
  const int level = statement.default_level ? settings_.xlog_print_level : statement.level;
  const auto flags = static_cast<std::uint8_t>(level + kLevelBias);
  const CallArgument& text = statement.arguments.back();
  if (statement.kind == Statement::Kind::Log) {
    code_->constants.push_back(Value::text(keep(text.string.text)));
    emit(Op::LogPlain, static_cast<std::uint32_t>(code_->constants.size() - 1), flags);
    return;
  }
  const bool dynamic =
      statement.arguments.size() == 2 && statement.arguments.front().kind == CallArgument::Kind::Variable;
  if (dynamic) value_argument(statement.arguments.front());
  const std::uint32_t guard = emit(dynamic ? Op::LogGuardDynamic : Op::LogGuard, 0, flags);
  value_argument(text);
  emit(dynamic ? Op::LogDynamic : Op::LogText, 0, flags);
  patch(guard);
}

void Compiler::async_statement(const Statement& statement) {
  const ast::RouteCall& resume = *statement.route;
  const CallArgument* timeout = statement.arguments.empty() ? nullptr : &statement.arguments.front();
  if (resume.dynamic) value_argument(resume.name);
  const bool dynamic_timeout = timeout != nullptr && timeout->kind == CallArgument::Kind::Variable;
  if (dynamic_timeout) value_argument(*timeout);
  const std::uint32_t index = call_site(*statement.call);
  CallSite& site = code_->calls[index];
  site.dynamic_route = resume.dynamic;
  site.dynamic_timeout = dynamic_timeout;
  site.route = resume.target;
  if (timeout != nullptr && !dynamic_timeout) site.timeout_seconds = static_cast<int>(timeout->number);
  emit(Op::Call, index, static_cast<std::uint8_t>(Delivery::Async));
}

void Compiler::launch_statement(const Statement& statement) {
  LaunchSite site;
  site.has_route = statement.route != nullptr;
  site.dynamic_route = site.has_route && statement.route->dynamic;
  if (site.has_route) site.route = statement.route->target;
  if (site.dynamic_route) value_argument(statement.route->name);
  site.call = call_site(*statement.call);
  site.has_parameter = !statement.arguments.empty();
  if (site.has_parameter) value_argument(statement.arguments.front());
  code_->launches.push_back(site);
  emit(Op::Launch, static_cast<std::uint32_t>(code_->launches.size() - 1));
}

}  // namespace carillon::script
