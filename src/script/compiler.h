// SPDX-License-Identifier: Apache-2.0
// Tree to bytecode. Everything has been checked: nothing here can fail.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "script/ast.h"
#include "script/bytecode.h"
#include "script/source.h"

namespace carillon::script {

struct CompileSettings {
  RunLimits limits;
  bool enable_asserts = false;
  int xlog_print_level = 2;
};

class Compiler {
 public:
  // `source` outlives the compiler.
  Compiler(const Source& source, const CompileSettings& settings) : source_(source), settings_(settings) {}

  [[nodiscard]] std::unique_ptr<const Code> compile(ast::Script script);
  // A route of its own kind that returns nothing and leaves one text (FormatString).
  [[nodiscard]] std::unique_ptr<const Code> compile_text(const ast::Text& text);

 private:
  using Label = std::uint32_t;

  void settings(ast::Script& script);
  void routes(ast::Script& script);

  // --- Emission ---
  std::uint32_t emit(Op op, std::uint32_t operand = 0, std::uint8_t flags = 0, std::uint16_t count = 0);
  [[nodiscard]] std::uint32_t here() const { return static_cast<std::uint32_t>(code_->instructions.size()); }
  void patch(std::uint32_t instruction) { code_->instructions[instruction].operand = here(); }
  // Text that lives as long as the code.
  [[nodiscard]] std::string_view keep(std::string_view text);
  void push(const Value& value);
  void at(Span span) { position_ = source_.position(span.offset, span.length); }

  // --- Statements (compiler.cpp) ---
  void block(const ast::Statements& statements);
  void statement(const ast::Statement& statement);
  void if_statement(const ast::Statement& statement);
  void arm(const ast::Statements& statements);
  void while_statement(const ast::Statement& statement);
  void for_statement(const ast::Statement& statement);
  void switch_statement(const ast::Statement& statement);
  void return_statement(const ast::Statement& statement);
  void assert_statement(const ast::Statement& statement);
  void log_statement(const ast::Statement& statement);
  void async_statement(const ast::Statement& statement);
  void launch_statement(const ast::Statement& statement);

  // --- Expressions (compiler_expression.cpp) ---
  void condition(const ast::Expression& expression);
  void value(const ast::Expression& expression);
  void comparison(const ast::Expression& expression);
  void assignment(const ast::Assignment& assignment, Op store);
  void call(const ast::FunctionCall& call, Delivery delivery);
  [[nodiscard]] std::uint32_t call_site(const ast::FunctionCall& call);
  void call_argument(const ast::CallArgument& argument, std::uint8_t position, CallSite& site);
  void route_call(const ast::RouteCall& call, Delivery delivery);
  void value_argument(const ast::CallArgument& argument);
  // With a delimiter: what is read stands in the replacement of a substitution.
  void text(const ast::Text& pieces, char delimiter = '\0');
  void read(const ast::Variable& variable);
  void transformation(const ast::Transformation& transformation);
  // Puts the dynamic parts of a variable on the stack; the index of its site.
  [[nodiscard]] std::uint32_t variable_parts(const ast::Variable& variable);
  [[nodiscard]] std::uint32_t variable_site(const ast::Variable& variable);
  [[nodiscard]] std::uint32_t local_slot(std::string_view name);

  const Source& source_;
  const CompileSettings settings_;
  std::unique_ptr<Code> code_;
  Position position_;
  std::vector<std::vector<std::uint32_t>> breaks_;  // jumps to patch, of each loop or switch around
};

}  // namespace carillon::script
