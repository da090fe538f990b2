// SPDX-License-Identifier: Apache-2.0
// Tokens to a tree. Goes on after a mistake at the next statement, so that one look finds them all.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "script/ast.h"
#include "script/diagnostic.h"
#include "script/lexer.h"
#include "script/source.h"
#include "script/variable_syntax.h"

namespace carillon::script {

// Recursive descent; recursion is bounded by kMaxDepth whatever the input.
class Parser {
 public:
  // Both outlive the parser.
  Parser(const Source& source, Diagnostics& diagnostics)
      : source_(source), sink_(diagnostics), lexer_(source, diagnostics), variables_(source, diagnostics) {}

  [[nodiscard]] ast::Script parse();
  // Before parse(): `into` gets the tokens as the grammar cut them, in order.
  void record(std::vector<TokenMark>& into) { lexer_.record(into); }

 private:
  static constexpr const char* kComments = "comments begin with #, or stand between /* and */";
  static constexpr int kMaxDepth = 400;  // blocks and parentheses inside one another

  // --- Tokens (parser.cpp) ---
  [[nodiscard]] const Token& peek();
  Token take();
  [[nodiscard]] bool at(TokenKind kind) { return peek().kind == kind; }
  [[nodiscard]] bool at_word(std::string_view word) {
    return peek().kind == TokenKind::Identifier && peek().spelling == word;
  }
  bool take_if(TokenKind kind);
  // Takes the token if it is of this kind, else reports what was expected and leaves it.
  bool expect(TokenKind kind, std::string_view context);
  [[nodiscard]] Position position(Span span) const { return source_.position(span.offset, span.length); }
  void error(Span span, std::string message, std::string hint = {}, DiagnosticCode code = DiagnosticCode::Syntax);
  void unexpected(std::string_view wanted, std::string hint = {});
  // Whether the token begins a top-level statement at the start of a line: where a block that was never closed ends.
  [[nodiscard]] bool at_top_level_keyword();
  // Past the rest of a statement that could not be understood.
  void skip_statement();
  [[nodiscard]] ast::StringLiteral string_literal(Token token) const;
  [[nodiscard]] std::unique_ptr<ast::Variable> variable(const Token& token);
  // Whether one more level of nesting is allowed; reports once when it isn't.
  class Nesting;
  [[nodiscard]] bool too_deep();

  // --- Settings (parser_settings.cpp) ---
  void top_level(ast::Script& script);
  void load_module(ast::Script& script);
  void module_parameter(ast::Script& script);
  void parameter(ast::Script& script, const Token& name);
  bool parameter_value(ast::ParameterStatement& setting);
  void listener(ast::Script& script, const Token& name);
  void bond_members(SocketSpec& spec);
  void socket_options(SocketSpec& spec);
  [[nodiscard]] bool socket_option(SocketSpec& spec, std::string_view lower);
  void no_proxy_protocol(const Token& option);
  bool socket_number(SocketSpec& spec, std::string_view lower);
  void no_workers(const Token& option);
  void aliases(ast::Script& script);
  void unknown_route(const Token& name);
  [[nodiscard]] static bool is_statement_word(std::string_view word);
  void outside_of_routes(const ast::Script& script, const Token& first);
  void skip_setting();
  // Past the rest of a line of settings.
  void skip_line();
  [[nodiscard]] static bool is_protocol(std::string_view lower);
  // A word of a socket line; words around a lone ':' are one.
  [[nodiscard]] Token word();
  struct Address {
    std::string protocol;
    std::string host;
    std::string ports;
  };
  [[nodiscard]] std::optional<Address> split_address(const Token& word);
  [[nodiscard]] bool parse_ports(const Token& word, std::string_view ports, SocketSpec& spec);
  [[nodiscard]] std::string folded_string(Span& span, Origin& origin);

  // --- Routes and statements (parser_statement.cpp) ---
  [[nodiscard]] std::optional<RouteKind> route_keyword(std::string_view word) const;
  void route(ast::Script& script, RouteKind kind, Span keyword);
  bool route_name(ast::Route& route);
  void block(ast::Statements& into, std::string_view what);
  // One statement or a block in braces.
  void body(ast::Statements& into);
  void statement(ast::Statements& into);
  bool keyword_statement(ast::Statement& statement);
  bool guard(ast::Statement& statement, std::string_view context);
  bool if_statement(ast::Statement& statement);
  bool while_statement(ast::Statement& statement);
  bool for_statement(ast::Statement& statement);
  bool switch_statement(ast::Statement& statement);
  bool switch_case(ast::SwitchCase& into);
  void skip_case();
  bool return_statement(ast::Statement& statement);
  bool assert_statement(ast::Statement& statement);
  bool log_statement(ast::Statement& statement);
  bool async_statement(ast::Statement& statement);
  bool fetch_event_params(ast::Statement& statement);
  bool old_event_mode();
  bool assignment_statement(ast::Statement& statement);
  bool call_statement(ast::Statement& statement);
  [[nodiscard]] std::unique_ptr<ast::FunctionCall> function_call(Token name);
  [[nodiscard]] std::unique_ptr<ast::RouteCall> route_call(Span keyword);
  bool arguments(std::vector<ast::CallArgument>& into, Span& span);
  bool argument(ast::CallArgument& into);
  void bare_socket(Token& protocol);
  bool end_of_statement(const ast::Statement& statement);

  // --- Expressions (parser_expression.cpp) ---
  // In conditions arithmetic stands in [ ] only, and the left side of a comparison is a variable.
  enum class Place : std::uint8_t { Condition, Value };
  [[nodiscard]] bool too_long(const ast::Expression& expression);
  [[nodiscard]] ast::ExpressionPtr logical(Place place);
  [[nodiscard]] ast::ExpressionPtr logical_operand(Place place);
  [[nodiscard]] ast::ExpressionPtr comparison(Place place);
  [[nodiscard]] ast::ExpressionPtr condition_primary();
  [[nodiscard]] ast::ExpressionPtr compare_with(ast::ExpressionPtr left, Place place);
  [[nodiscard]] ast::ExpressionPtr assignment_in_condition(std::unique_ptr<ast::Variable> target, Span span);
  [[nodiscard]] ast::ExpressionPtr bitwise();
  [[nodiscard]] ast::ExpressionPtr arithmetic();
  [[nodiscard]] ast::ExpressionPtr operand();
  [[nodiscard]] ast::ExpressionPtr literal();
  [[nodiscard]] ast::ExpressionPtr call_expression();
  [[nodiscard]] ast::ExpressionPtr old_word(const Token& name);
  [[nodiscard]] ast::ExpressionPtr compare_with_myself(ast::ExpressionPtr left, const Token& op);
  [[nodiscard]] std::unique_ptr<ast::Variable> written_as(std::string_view text, Span span);
  [[nodiscard]] std::unique_ptr<ast::Assignment> assignment(std::unique_ptr<ast::Variable> target);

  const Source& source_;
  Diagnostics& sink_;
  Lexer lexer_;
  VariableParser variables_;
  Token token_;
  bool have_token_ = false;
  int depth_ = 0;
  bool gave_up_ = false;
  int breakable_ = 0;  // loops and switches around the statement
  Span last_;          // the token taken last
};

// Counts a level of nesting while it lives.
class Parser::Nesting {
 public:
  explicit Nesting(Parser& parser) : parser_(parser) { ++parser_.depth_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;
  ~Nesting() { --parser_.depth_; }

 private:
  Parser& parser_;
};

}  // namespace carillon::script
