// SPDX-License-Identifier: Apache-2.0
// Routes and statements: which routes there are, who calls them, what can never be reached.
#include "script/checker.h"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <vector>

#include "base/strings.h"

namespace carillon::script {

using ast::CallArgument;
using ast::Statement;

namespace {

struct LevelName {
  std::string_view name;
  LogLevel level;
};
constexpr auto kLevels = std::to_array<LevelName>({{"L_ALERT", LogLevel::Alert},
                                                   {"L_CRIT", LogLevel::Critical},
                                                   {"L_ERR", LogLevel::Error},
                                                   {"L_WARN", LogLevel::Warning},
                                                   {"L_NOTICE", LogLevel::Notice},
                                                   {"L_INFO", LogLevel::Info},
                                                   {"L_DBG", LogLevel::Debug}});

// Nothing of the same block runs after it.
[[nodiscard]] bool ends_block(const Statement& statement) {
  switch (statement.kind) {
    case Statement::Kind::Exit:
    case Statement::Kind::Drop:
    case Statement::Kind::Return:
    case Statement::Kind::Break:
    case Statement::Kind::Async:
      return true;
    case Statement::Kind::Block:
      return !statement.body.empty() && ends_block(statement.body.back());
    case Statement::Kind::If:
      return statement.has_otherwise && !statement.body.empty() && !statement.otherwise.empty() &&
             ends_block(statement.body.back()) && ends_block(statement.otherwise.back());
    default:
      return false;
  }
}

}  // namespace

void Checker::check(ast::Script& script, const CompileOptions& options) {
  script_ = &script;
  // What is missing in a tree with gaps may stand in the gaps.
  const bool whole = !sink_.has_errors();
  if (!options.routes_only) settings(script);
  declare_routes(script);
  contents_.resize(script.routes.size());
  for (std::size_t i = 0; i < script.routes.size(); ++i) {
    kind_ = script.routes[i].kind;
    content_ = &contents_[i];
    usage_.enter(static_cast<RouteId>(i));
    block(script.routes[i].body);
    if (sink_.exhausted()) return;
  }
  if (whole) report_usage(script);
  misplaced_functions(script);
}

void Checker::check_text(ast::Text& pieces) { text(pieces); }

void Checker::declare_routes(ast::Script& script) {
  for (std::size_t i = 0; i < script.routes.size(); ++i) {
    ast::Route& route = script.routes[i];
    const auto [known, added] = routes_.try_emplace({route.kind, route.name}, static_cast<RouteId>(i));
    if (added) continue;
    route.duplicate = true;
    const Position first = position(script.routes[known->second].name_span);
    error(DiagnosticCode::DuplicateRoute, route.name_span,
          route.name.empty() ? fmt::format("a second {}", keyword_of(route.kind))
                             : fmt::format("a second {}[{}]", keyword_of(route.kind), route.name),
          fmt::format("the first is at {}:{}", source_.file_name(first), first.line));
  }
}

void Checker::misplaced_functions(const ast::Script& script) {
  for (std::size_t i = 0; i < script.routes.size(); ++i) {
    if (script.routes[i].kind == RouteKind::Request) continue;
    std::vector<bool> seen(script.routes.size());
    for (const RouteId called : contents_[i].routes) {
      misplaced_functions(script, static_cast<RouteId>(i), called, seen);
    }
  }
}

// In `route`, which is called in the end from `top`.
void Checker::misplaced_functions(const ast::Script& script, RouteId top, RouteId route, std::vector<bool>& seen) {
  if (seen[route]) return;
  seen[route] = true;
  const ast::Route& caller = script.routes[top];
  for (const auto& [function, span] : contents_[route].functions) {
    if ((function->routes & mask_of(caller.kind)) != 0) continue;
    const std::string from = caller.name.empty() ? std::string(keyword_of(caller.kind))
                                                 : fmt::format("{}[{}]", keyword_of(caller.kind), caller.name);
    warning(DiagnosticCode::WrongRoute, span,
            fmt::format("{}() is not meant for {}", function->name, keyword_of(caller.kind)),
            fmt::format("this route is also called from {}", from));
  }
  for (const RouteId called : contents_[route].routes) misplaced_functions(script, top, called, seen);
}

void Checker::block(ast::Statements& statements) {
  bool reached = true;
  bool told = false;
  for (Statement& next : statements) {
    if (sink_.exhausted()) return;
    if (!reached && !told) {
      warning(DiagnosticCode::Unreachable, next.span, "this is never reached");
      told = true;
    }
    statement(next);
    if (ends_block(next)) reached = false;
  }
}

void Checker::statement(Statement& statement) {
  switch (statement.kind) {
    case Statement::Kind::Empty:
    case Statement::Kind::Break:
    case Statement::Kind::Exit:
    case Statement::Kind::Drop:
      break;
    case Statement::Kind::Block:
      block(statement.body);
      break;
    case Statement::Kind::If:
      condition(*statement.condition);
      block(statement.body);
      block(statement.otherwise);
      break;
    case Statement::Kind::While:
      condition(*statement.condition);
      block(statement.body);
      break;
    case Statement::Kind::For:
      for_statement(statement);
      break;
    case Statement::Kind::Switch:
      switch_statement(statement);
      break;
    case Statement::Kind::Return:
      return_statement(statement);
      break;
    case Statement::Kind::Route:
      route_call(*statement.route);
      break;
    case Statement::Kind::Call:
      if (statement.call->name == "error" && host_.find_function("error") == nullptr) {
        error_statement(statement);
        break;
      }
      call(*statement.call);
      break;
    case Statement::Kind::Assign:
      assignment(*statement.assignment);
      break;
    case Statement::Kind::Assert:
      condition(*statement.condition);
      for (CallArgument& text : statement.arguments) value_argument(text);
      break;
    case Statement::Kind::Log:
    case Statement::Kind::Xlog:
      log_statement(statement);
      break;
    case Statement::Kind::Async:
    case Statement::Kind::Launch:
      async_statement(statement);
      break;
  }
}

void Checker::for_statement(Statement& statement) {
  variable(*statement.variable, Use::Write);
  variable(*statement.list, Use::Iterate);
  if (!statement.variable->transformations.empty()) {
    error(DiagnosticCode::VariableForm, statement.variable->span, "the loop's variable can't have transformations");
  }
  block(statement.body);
}

void Checker::switch_statement(Statement& statement) {
  variable(*statement.variable, Use::Read);
  for (std::size_t i = 0; i < statement.cases.size(); ++i) {
    ast::SwitchCase& current = statement.cases[i];
    if (current.is_default && i + 1 != statement.cases.size())
      error(DiagnosticCode::Syntax, current.span, "default has to be the last case");
    for (std::size_t k = 0; k < i && !current.is_default; ++k) {
      const ast::SwitchCase& earlier = statement.cases[k];
      if (earlier.is_default || earlier.is_number != current.is_number) continue;
      const bool same =
          current.is_number ? earlier.number == current.number : base::iequals(earlier.text, current.text);
      if (same) {
        warning(DiagnosticCode::DuplicateCase, current.span, "this case is handled above",
                "strings are compared without regard to case");
        break;
      }
    }
    block(current.body);
  }
}

void Checker::return_statement(Statement& statement) {
  if (statement.arguments.empty()) return;
  CallArgument& code = statement.arguments.front();
  if (code.kind != CallArgument::Kind::Integer && code.kind != CallArgument::Kind::Variable) {
    error(DiagnosticCode::ArgumentType, code.span, "a route returns a number",
          "further values may follow it: return(1, \"text\")");
  }
  for (CallArgument& argument : statement.arguments) value_argument(argument);
}

void Checker::log_statement(Statement& statement) {
  if (statement.arguments.size() == 2) {
    log_level(statement, statement.arguments.front());
  } else if (statement.debug) {
    statement.level = static_cast<int>(LogLevel::Debug);
  } else if (statement.kind == Statement::Kind::Log) {
    statement.level = static_cast<int>(LogLevel::Debug);
  } else {
    statement.default_level = true;
  }
  CallArgument& text = statement.arguments.back();
  if (statement.kind == Statement::Kind::Log) {
    if (text.kind != CallArgument::Kind::String)
      error(DiagnosticCode::ArgumentType, text.span, "log takes a text in quotes; xlog expands variables");
    return;
  }
  if (text.kind != CallArgument::Kind::String && text.kind != CallArgument::Kind::Variable) {
    error(DiagnosticCode::ArgumentType, text.span, "xlog takes a text");
    return;
  }
  value_argument(text);
}

// error("a", "b") of the first SER was to run the error_route; it has never done more than log its two texts.
void Checker::error_statement(Statement& statement) {
  std::vector<CallArgument>& arguments = statement.call->arguments;
  warning(DiagnosticCode::NoEffect, statement.call->name_span, "error() only logs its arguments");
  if (arguments.size() != 2 || arguments[0].kind != CallArgument::Kind::String ||
      arguments[1].kind != CallArgument::Kind::String) {
    error(statement.call->span, "error() takes two texts");
    statement.kind = Statement::Kind::Empty;
    return;
  }
  CallArgument line = std::move(arguments[0]);
  line.string.text =
      fmt::format("error(\"{}\", \"{}\") is not implemented", line.string.text, arguments[1].string.text);
  statement.kind = Statement::Kind::Log;
  statement.level = static_cast<int>(LogLevel::Notice);
  statement.arguments.clear();
  statement.arguments.push_back(std::move(line));
}

void Checker::log_level(Statement& statement, CallArgument& level) {
  if (level.kind == CallArgument::Kind::Integer) {
    constexpr std::int64_t kLowest = -3;
    constexpr std::int64_t kHighest = 4;
    if (level.number < kLowest || level.number > kHighest)
      error(DiagnosticCode::ArgumentValue, level.span, "log levels are numbers from -3 to 4");
    statement.level = static_cast<int>(level.number);
    return;
  }
  if (statement.kind == Statement::Kind::Xlog && level.kind == CallArgument::Kind::String &&
      is_quoted_variable(level)) {
    warning(DiagnosticCode::QuotedArgument, level.span, "the level is a variable; it needs no quotes");
    level.variable = variables_.parse(level.string.text, level.string.origin);
    level.kind = CallArgument::Kind::Variable;
  }
  if (level.kind == CallArgument::Kind::Variable && statement.kind == Statement::Kind::Xlog) {
    value_argument(level);
    return;
  }
  for (const LevelName& known : kLevels) {
    if (known.name != level.string.text) continue;
    statement.level = static_cast<int>(known.level);
    level.kind = CallArgument::Kind::Integer;
    level.number = statement.level;
    return;
  }
  error(DiagnosticCode::ArgumentValue, level.span, fmt::format("unknown log level '{}'", level.string.text),
        "L_ALERT, L_CRIT, L_ERR, L_WARN, L_NOTICE, L_INFO or L_DBG");
}

void Checker::async_statement(Statement& statement) {
  const bool async = statement.kind == Statement::Kind::Async;
  if (async && kind_ != RouteKind::Request && kind_ != RouteKind::Reply) {
    error(DiagnosticCode::WrongRoute, statement.span, "async() stands in request and onreply routes only",
          "functions that wait need no async(): call them directly");
  }
  call(*statement.call);
  if (statement.route != nullptr) resolve_route(*statement.route);
  for (CallArgument& argument : statement.arguments) {
    value_argument(argument);
    if (async && argument.kind != CallArgument::Kind::Integer && argument.kind != CallArgument::Kind::Variable) {
      error(DiagnosticCode::ArgumentType, argument.span, "the time limit of async() is a number of seconds");
    }
    const FunctionDecl* const function = statement.call->declaration;
    if (async && function != nullptr && !function->stoppable && !function->keeps_limit) {
      warning(DiagnosticCode::NoEffect, argument.span, fmt::format("{}() takes as long as it does", function->name),
              "the time limit of async() has no effect on it");
    }
  }
}

void Checker::route_call(ast::RouteCall& call) {
  constexpr std::size_t kMaxParameters = 7;
  if (call.arguments.size() > kMaxParameters) {
    error(DiagnosticCode::ArgumentCount, call.span, fmt::format("a route takes at most {} parameters", kMaxParameters));
  }
  for (CallArgument& argument : call.arguments) {
    if (argument.kind == CallArgument::Kind::Missing)
      error(DiagnosticCode::ArgumentCount, argument.span, "this parameter is missing", "write NULL");
    value_argument(argument);
  }
  resolve_route(call);
}

void Checker::resolve_route(ast::RouteCall& call) {
  CallArgument& name = call.name;
  if (name.kind == CallArgument::Kind::Integer) name.string.text = std::to_string(name.number);
  value_argument(name);
  call.dynamic = name.kind == CallArgument::Kind::Variable ||
                 (name.kind == CallArgument::Kind::String && !ast::is_constant(name.text));
  if (call.dynamic) {
    usage_.names_any_route(RouteKind::Request);
    return;
  }
  const bool is_text = name.kind == CallArgument::Kind::String;
  const std::string wanted(is_text ? ast::constant_of(name.text) : std::string_view(name.string.text));
  const auto found = find_route(RouteKind::Request, wanted == "0" ? "" : wanted, name.span);
  call.target = found.value_or(0);
  if (found && content_ != nullptr) content_->routes.push_back(*found);
}

std::optional<RouteId> Checker::find_route(RouteKind kind, std::string_view name, Span span) {
  const auto found = routes_.find(std::pair(kind, std::string(name)));
  if (found != routes_.end()) {
    script_->routes[found->second].used = true;
    usage_.names_route(found->second);
    return found->second;
  }
  std::vector<std::string_view> names;
  for (const auto& [key, id] : routes_) {
    if (key.first == kind && !key.second.empty()) names.emplace_back(key.second);
  }
  const std::string_view nearest = base::nearest_name(name, names);
  if (!nearest.empty()) usage_.names_route(routes_.at({kind, std::string(nearest)}));
  error(DiagnosticCode::UnknownRoute, span, fmt::format("there is no {}[{}]", keyword_of(kind), name),
        nearest.empty() ? std::string() : fmt::format("did you mean '{}'?", nearest));
  return std::nullopt;
}

}  // namespace carillon::script
