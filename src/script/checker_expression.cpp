// SPDX-License-Identifier: Apache-2.0
// Conditions, values and assignments.
#include <fmt/format.h>

#include "script/checker.h"

namespace carillon::script {

using ast::Expression;

void Checker::condition(Expression& expr) { expression(expr); }

void Checker::expression(Expression& expr) {
  switch (expr.kind) {
    case Expression::Kind::Number:
    case Expression::Kind::Null:
    case Expression::Kind::Address:
      break;
    case Expression::Kind::String:
      expand(expr.string, expr.text);
      break;
    case Expression::Kind::Variable:
      variable(*expr.variable, Use::Read);
      break;
    case Expression::Kind::Call:
      call(*expr.call);
      break;
    case Expression::Kind::Route:
      route_call(*expr.route);
      break;
    case Expression::Kind::Assign:
      if (is_mistaken_comparison(expr)) {
        warning(DiagnosticCode::AssignmentInCondition, expr.assignment->operator_span,
                fmt::format("${} can't be written; this is taken as a comparison", expr.assignment->target->name),
                "write ==");
        expr.kind = Expression::Kind::Compare;
        expr.comparison = CompareOp::Equal;
        expr.left = std::make_unique<Expression>();
        expr.left->kind = Expression::Kind::Variable;
        expr.left->span = expr.span;
        expr.left->variable = std::move(expr.assignment->target);
        expr.right = std::move(expr.assignment->value);
        comparison(expr);
        break;
      }
      warning(DiagnosticCode::AssignmentInCondition, expr.assignment->operator_span, "this assigns inside a condition",
              "to compare, write ==");
      assignment(*expr.assignment);
      break;
    case Expression::Kind::Not:
    case Expression::Kind::Negate:
    case Expression::Kind::Minus:
    case Expression::Kind::Group:
      expression(*expr.left);
      break;
    case Expression::Kind::And:
    case Expression::Kind::Or:
    case Expression::Kind::Arithmetic:
      expression(*expr.left);
      expression(*expr.right);
      break;
    case Expression::Kind::Compare:
      comparison(expr);
      break;
  }
}

void Checker::comparison(Expression& expr) {
  expression(*expr.left);
  const bool matching = expr.comparison == CompareOp::Match || expr.comparison == CompareOp::NotMatch;
  if (expr.right->kind != Expression::Kind::String) {
    if (matching && expr.right->kind != Expression::Kind::Variable) {
      error(DiagnosticCode::Regex, expr.right->span,
            "the right side of =~ is a regular expression in quotes, or a variable that holds one");
    }
    expression(*expr.right);
    return;
  }
  // A compared text is taken as it stands; '$' in a regular expression is the end of the text.
  const ast::StringLiteral& literal = expr.right->string;
  if (matching) {
    auto compiled = Regex::compile(literal.text, kComparisonRegex);
    if (!compiled) {
      error(DiagnosticCode::Regex, expr.right->span, compiled.error().message);
    } else {
      expr.right->regex = std::move(*compiled);
    }
    return;
  }
  const std::size_t dollar = literal.text.find('$');
  if (dollar != std::string::npos && scan_variable(literal.text, dollar).length != 0) {
    warning(DiagnosticCode::NotExpanded, literal.origin.span(dollar, scan_variable(literal.text, dollar).length),
            "variables in a compared text are not expanded", "compare with the variable itself, without quotes");
  }
}

bool Checker::is_mistaken_comparison(const Expression& expr) {
  const ast::Assignment& assigned = *expr.assignment;
  if (assigned.op != ast::Assignment::Op::Assign || assigned.target->name.empty()) return false;
  ast::Variable& target = *assigned.target;
  return resolve_name(target) && !is_writable(target);
}

void Checker::assignment(ast::Assignment& assigned) {
  ast::Variable& target = *assigned.target;
  // $(avp(x)[*]) = NULL takes all values away, as := NULL does.
  if (target.name == "avp" && target.index_kind == ast::Variable::IndexKind::All &&
      assigned.op != ast::Assignment::Op::Update && assigned.value->kind == Expression::Kind::Null) {
    target.index_kind = ast::Variable::IndexKind::None;
    assigned.op = ast::Assignment::Op::Replace;
  }
  if (!target.transformations.empty()) {
    error(DiagnosticCode::VariableForm, target.transformations.front().span,
          "a variable with transformations can't be assigned to");
  }
  variable(target, Use::Write);
  usage_.assign(target);
  if (assigned.op == ast::Assignment::Op::Update) usage_.read(target);
  expression(*assigned.value);
}

}  // namespace carillon::script
