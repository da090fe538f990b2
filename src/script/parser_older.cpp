// SPDX-License-Identifier: Apache-2.0
// Statements of older versions, read as those that stand in for them today.
#include <fmt/format.h>

#include <utility>

#include "base/strings.h"
#include "script/parser.h"

namespace carillon::script {

using ast::Statement;

// fetch_event_params("name=$avp(x);$var(y)") of 2.x: $avp(x) = $param(name); $var(y) = $param(2);
bool Parser::fetch_event_params(Statement& statement) {
  const std::unique_ptr<ast::FunctionCall> call = function_call(take());
  if (call == nullptr) return false;
  if (call->arguments.size() != 1 || call->arguments.front().kind != ast::CallArgument::Kind::String) {
    error(call->span, "fetch_event_params() takes a list of variables in quotes", "today: $var(x) = $param(name)",
          DiagnosticCode::ArgumentType);
    return false;
  }
  sink_.warning(position(call->name_span), "fetch_event_params() is an older spelling", "today: $var(x) = $param(name)",
                DiagnosticCode::OlderSpelling);
  statement.kind = Statement::Kind::Block;
  const ast::StringLiteral& list = call->arguments.front().string;
  std::string_view rest = list.text;
  for (int number = 1; !rest.empty(); ++number) {
    const std::string_view item = base::trim(base::take_until(rest, ';'));
    if (item.empty()) continue;
    const std::size_t equals = item.starts_with('$') ? std::string_view::npos : item.find('=');
    const std::string_view name = base::trim(item.substr(0, equals == std::string_view::npos ? 0 : equals));
    const std::string_view target = equals == std::string_view::npos ? item : base::trim(item.substr(equals + 1));
    const auto begin = static_cast<std::size_t>(target.data() - list.text.data());
    const Origin origin = list.origin.part(begin, target.size());
    Statement step;
    step.kind = Statement::Kind::Assign;
    step.span = call->span;
    step.assignment = std::make_unique<ast::Assignment>();
    step.assignment->operator_span = call->span;
    step.assignment->target = target.starts_with('$') ? variables_.parse(target, origin) : nullptr;
    if (step.assignment->target == nullptr) {
      error(list.span, fmt::format("'{}' is no variable", target), "as in \"name=$avp(x);$var(y)\"",
            DiagnosticCode::ArgumentValue);
      return false;
    }
    step.assignment->value = std::make_unique<ast::Expression>();
    step.assignment->value->kind = ast::Expression::Kind::Variable;
    step.assignment->value->span = call->span;
    step.assignment->value->variable =
        written_as(name.empty() ? fmt::format("$param({})", number) : fmt::format("$param({})", name), call->span);
    statement.body.push_back(std::move(step));
  }
  return true;
}

// event_route[E_X, sync] of 2.x.
bool Parser::old_event_mode() {
  const Token mode = take();
  if (mode.spelling != "sync" && mode.spelling != "async") {
    error(mode.span, fmt::format("expected ']' after the route's name, found ', {}'", mode.spelling));
    return false;
  }
  sink_.warning(position(mode.span), fmt::format("'{}' is an older spelling", mode.spelling),
                "today: event_route[NAME], which runs by itself", DiagnosticCode::OlderSpelling);
  return true;
}

}  // namespace carillon::script
