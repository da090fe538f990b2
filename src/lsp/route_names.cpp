// SPDX-License-Identifier: Apache-2.0
// A walk over the tree of a script.
#include "lsp/route_names.h"

#include <algorithm>

namespace carillon::lsp {

namespace ast = script::ast;
using ast::CallArgument;
using script::RouteKind;
using script::Span;

namespace {

class Walk {
 public:
  explicit Walk(const script::Source& source) : source_(source) {}

  void definition(const ast::Route& route) {
    if (route.name.empty() || route.name_span.length == 0) return;
    found_.push_back({route.kind, route.name, inside_quotes(route.name_span), true});
  }

  void statements(const ast::Statements& all) {
    for (const ast::Statement& next : all) statement(next);
  }

  std::vector<RouteName> take() { return std::move(found_); }

 private:
  Span inside_quotes(Span span) const {
    const std::string& text = source_.text();
    if (span.length < 2 || span.end() > text.size()) return span;
    const char first = text[span.offset];
    if ((first != '"' && first != '\'') || text[span.end() - 1] != first) return span;
    return {span.offset + 1, span.length - 2};
  }

  void statement(const ast::Statement& next) {
    if (next.condition != nullptr) expression(*next.condition);
    statements(next.body);
    statements(next.otherwise);
    for (const ast::SwitchCase& one : next.cases) statements(one.body);
    if (next.route != nullptr) route_call(*next.route);
    if (next.call != nullptr) call(*next.call);
    if (next.assignment != nullptr && next.assignment->value != nullptr) expression(*next.assignment->value);
  }

  void expression(const ast::Expression& next) {
    if (next.call != nullptr) call(*next.call);
    if (next.route != nullptr) route_call(*next.route);
    if (next.assignment != nullptr && next.assignment->value != nullptr) expression(*next.assignment->value);
    if (next.left != nullptr) expression(*next.left);
    if (next.right != nullptr) expression(*next.right);
  }

  void route_call(const ast::RouteCall& next) {
    if (!next.dynamic) name(RouteKind::Request, next.name);
  }

  void call(const ast::FunctionCall& next) {
    if (next.declaration == nullptr) return;
    const auto params = next.declaration->params;
    for (std::size_t i = 0; i < std::min(params.size(), next.arguments.size()); ++i) {
      if (params[i].names_route) name(*params[i].names_route, next.arguments[i]);
    }
  }

  // A text without variables, a word or a number.
  void name(RouteKind kind, const CallArgument& argument) {
    const bool constant = argument.kind == CallArgument::Kind::Integer || argument.kind == CallArgument::Kind::Word ||
                          (argument.kind == CallArgument::Kind::String && ast::is_constant(argument.text));
    if (!constant || argument.string.text.empty() || argument.string.text == "0") return;
    found_.push_back({kind, argument.string.text, inside_quotes(argument.span), false});
  }

  const script::Source& source_;
  std::vector<RouteName> found_;
};

}  // namespace

std::vector<RouteName> route_names(const ast::Script& script, const script::Source& source) {
  Walk walk(source);
  for (const ast::Route& route : script.routes) {
    walk.definition(route);
    walk.statements(route.body);
  }
  return walk.take();
}

}  // namespace carillon::lsp
