// SPDX-License-Identifier: Apache-2.0
// Gives every name in the tree its meaning, asks the Host about what is the server's, and reports what doesn't fit.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "script/ast.h"
#include "script/checker_usage.h"
#include "script/diagnostic.h"
#include "script/host.h"
#include "script/program.h"
#include "script/source.h"
#include "script/variable_syntax.h"

namespace carillon::script {

class Checker {
 public:
  // All outlive the checker.
  Checker(const Source& source, Host& host, Diagnostics& diagnostics)
      : source_(source), host_(host), sink_(diagnostics), variables_(source, diagnostics) {}

  // Fills in the tree's "resolved" fields. The tree may be compiled when no errors were reported.
  void check(ast::Script& script, const CompileOptions& options);
  // One text with variables (FormatString).
  void check_text(ast::Text& text);

 private:
  // --- Settings (checker_settings.cpp) ---
  void settings(const ast::Script& script);
  void load_module(const ast::LoadModuleStatement& statement);
  void module_parameter(const ast::ModuleParameterStatement& statement);
  void tell(const Answer& answer, std::string_view thing, std::string_view name, Span name_span, Span value_span);
  void needed_modules(const ast::Script& script);

  // --- Routes and statements (checker.cpp) ---
  void declare_routes(ast::Script& script);
  // Functions in routes that are called from other kinds of routes than they were written for.
  void misplaced_functions(const ast::Script& script);
  void misplaced_functions(const ast::Script& script, RouteId top, RouteId route, std::vector<bool>& seen);
  void block(ast::Statements& statements);
  void statement(ast::Statement& statement);
  void for_statement(ast::Statement& statement);
  void switch_statement(ast::Statement& statement);
  void return_statement(ast::Statement& statement);
  void log_statement(ast::Statement& statement);
  void error_statement(ast::Statement& statement);
  void log_level(ast::Statement& statement, ast::CallArgument& level);
  void async_statement(ast::Statement& statement);
  void route_call(ast::RouteCall& call);
  void resolve_route(ast::RouteCall& call);
  // Reports a name no route of the kind has.
  [[nodiscard]] std::optional<RouteId> find_route(RouteKind kind, std::string_view name, Span span);

  // --- The script as a whole (checker_usage.cpp) ---
  void report_usage(const ast::Script& script);
  void unused_routes(const ast::Script& script);

  // --- Expressions (checker_expression.cpp) ---
  void expression(ast::Expression& expression);
  void comparison(ast::Expression& expression);
  void assignment(ast::Assignment& assignment);
  void condition(ast::Expression& expression);
  // `$x = y` where a condition stands and $x can't be written: what was meant is ==.
  [[nodiscard]] bool is_mistaken_comparison(const ast::Expression& expression);

  // --- Calls (checker_call.cpp) ---
  void call(ast::FunctionCall& call);
  void put_in_order(ast::FunctionCall& call);
  // "$avp(code)": nothing but one variable.
  [[nodiscard]] static bool is_quoted_variable(const ast::CallArgument& argument);
  void argument(const FunctionDecl& function, const ParamDecl& param, ast::CallArgument& argument);
  void integer_argument(const ParamDecl& param, ast::CallArgument& argument);
  // A variable in quotes where a number or a variable is taken, as 2.x scripts write it.
  void unquote_variable(const ParamDecl& param, ast::CallArgument& argument);
  void string_argument(const ParamDecl& param, ast::CallArgument& argument);
  void variable_argument(const ParamDecl& param, ast::CallArgument& argument);
  // The pieces of a substitution that has variables in its replacement, and what delimits that; pieces alone for one
  // without.
  struct SubstitutionPieces {
    ast::Text text;
    char delimiter = '\0';
  };
  // What is wrong with one without variables is left to who parses it.
  [[nodiscard]] base::Result<SubstitutionPieces> substitution(const ast::StringLiteral& whole);
  void substitution_argument(const ParamDecl& param, ast::CallArgument& argument);
  // Variables inside the strings of a JSON text are escaped when they are read.
  static void escape_in_strings(ast::Text& json);
  void regex_argument(ast::CallArgument& argument);
  void compile_argument(const FunctionDecl& function, const ParamDecl& param, ast::CallArgument& argument);
  // A value handed to a route, returned from one, or logged: a number, a text with variables, a variable, NULL.
  void value_argument(ast::CallArgument& argument);

  // --- Variables (checker_variable.cpp) ---
  void text(ast::Text& pieces);
  void expand(ast::StringLiteral& literal, ast::Text& into);
  enum class Use : std::uint8_t { Read, Write, Iterate };
  void variable(ast::Variable& variable, Use use);
  [[nodiscard]] bool resolve_name(ast::Variable& variable);
  void sub_name(ast::Variable& variable);
  static void escape_in_sub_name(ast::Variable& variable);
  void index(ast::Variable& variable, Use use);
  [[nodiscard]] bool is_writable(const ast::Variable& variable) const;
  void transformation(ast::Transformation& transformation);
  void split_arguments(ast::Transformation& transformation);
  void transformation_argument(const ParamDecl& param, const TransformationDecl& declaration,
                               ast::TransformationArgument& argument);

  void error(DiagnosticCode code, Span span, std::string message, std::string hint = {});
  void error(Span span, std::string message, std::string hint = {});
  void warning(DiagnosticCode code, Span span, std::string message, std::string hint = {});
  void warning(Span span, std::string message, std::string hint = {});
  [[nodiscard]] Position position(Span span) const { return source_.position(span.offset, span.length); }
  // A name that nothing has: as `code`, or which loadmodule is missing.
  void unknown_name(DiagnosticCode code, NameKind kind, Span span, std::string message, std::string_view name);

  const Source& source_;
  Host& host_;
  Diagnostics& sink_;
  VariableParser variables_;
  ast::Script* script_ = nullptr;
  std::map<std::pair<RouteKind, std::string>, RouteId, std::less<>> routes_;
  RouteKind kind_ = RouteKind::Request;  // of the block being checked
  std::vector<std::string> absent_;      // modules that could not be loaded
  Usage usage_;
  // What stands in each route, for misplaced_functions().
  struct Content {
    std::vector<RouteId> routes;
    std::vector<std::pair<const FunctionDecl*, Span>> functions;
  };
  std::vector<Content> contents_;
  Content* content_ = nullptr;  // of the route being checked; null: a text
};

}  // namespace carillon::script
