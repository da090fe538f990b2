// SPDX-License-Identifier: Apache-2.0
// The tree of a script: what the parser builds, the checker resolves (the fields marked so) and the compiler walks.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "script/declaration.h"
#include "script/operators.h"
#include "script/program.h"
#include "script/regex.h"
#include "script/token.h"
#include "script/value.h"

namespace carillon::script::ast {

struct Variable;

// A literal stretch of a text, or a variable in it.
struct Piece {
  std::string literal;
  std::unique_ptr<Variable> variable;
  Span span;
};
using Text = std::vector<Piece>;

[[nodiscard]] inline bool is_constant(const Text& text) {
  return text.empty() || (text.size() == 1 && text.front().variable == nullptr);
}
[[nodiscard]] inline std::string_view constant_of(const Text& text) {
  return text.empty() ? std::string_view{} : std::string_view(text.front().literal);
}

struct StringLiteral {
  std::string text;
  Origin origin;
  Span span;
};

// Variables the language itself provides; the rest are the host's.
enum class Builtin : std::uint8_t {
  None,   // the host's
  Local,  // $var
  Avp,
  Param,
  Return,
  ReturnCode,
  RouteCurrent,  // $route
  RouteName,
  RouteType,
  ConfigLine,
  ConfigFile,
};

struct TransformationArgument {
  std::string literal;
  Origin origin;  // of literal
  std::unique_ptr<Variable> variable;
  Span span;
  // Resolved.
  Text substitution;  // with variables in its replacement, which stands between `delimiter`s
  char delimiter = '\0';
  bool is_number = false;
  std::int64_t number = 0;
  Constant constant;
  std::shared_ptr<const Regex> regex;
};

struct Transformation {
  std::string name;  // "s.len"
  std::string raw_arguments;
  Origin raw_origin;
  bool has_arguments = false;
  Span span;
  // Resolved: split as the declaration asks for.
  const TransformationDecl* declaration = nullptr;
  std::vector<TransformationArgument> arguments;
};

struct Variable {
  enum class IndexKind : std::uint8_t { None, At, All, Append, Dynamic };

  std::string context;
  std::string name;
  bool has_sub_name = false;
  Text sub_name;
  IndexKind index_kind = IndexKind::None;
  std::int32_t index = 0;
  std::unique_ptr<Variable> index_variable;
  std::vector<Transformation> transformations;
  Span span;
  // Resolved.
  Builtin builtin = Builtin::None;
  const VariableDecl* declaration = nullptr;
  ContextId context_id = kOwnContext;
  Constant compiled_sub_name;
};

// --- Expressions -----------------------------------------------------------------------------------------------------

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

// An argument as written; which fields count is decided by the parameter it meets.
struct CallArgument {
  enum class Kind : std::uint8_t { Missing, Integer, String, Variable, Word, Null };
  Kind kind = Kind::Missing;
  std::int64_t number = 0;
  StringLiteral string;  // String; Word: as text
  std::unique_ptr<Variable> variable;
  Span span;
  // Resolved. A constant has no `text` but for its one literal piece.
  Text text;
  char delimiter = '\0';  // of a substitution with variables in it
  Constant constant;
  std::shared_ptr<const Regex> regex;
};

struct FunctionCall {
  std::string name;
  Span name_span;
  std::vector<CallArgument> arguments;
  Span span;
  // Resolved.
  const FunctionDecl* declaration = nullptr;
};

struct RouteCall {
  CallArgument name;
  std::vector<CallArgument> arguments;
  Span span;
  // Resolved.
  bool dynamic = false;
  RouteId target = 0;
};

struct Assignment {
  enum class Op : std::uint8_t { Assign, Replace, Update };
  std::unique_ptr<Variable> target;
  Op op = Op::Assign;
  Operator operation = Operator::Add;
  ExpressionPtr value;
  Span operator_span;
};

struct Expression {
  enum class Kind : std::uint8_t {
    Number,
    String,
    Null,
    Address,  // only on the right of == and !=
    Variable,
    Call,
    Route,
    Assign,  // inside a condition
    Not,
    Negate,  // bitwise ~
    Minus,
    And,
    Or,
    Compare,
    Arithmetic,
    Group,  // ( ): keeps `($x)` from being taken for a bare variable
  };
  Kind kind = Kind::Null;
  Span span;
  int depth = 1;  // of the tree below, itself included
  std::int64_t number = 0;
  StringLiteral string;
  base::IpNetwork network;
  std::unique_ptr<Variable> variable;
  std::unique_ptr<FunctionCall> call;
  std::unique_ptr<RouteCall> route;
  std::unique_ptr<Assignment> assignment;
  CompareOp comparison = CompareOp::Equal;
  Operator operation = Operator::Add;
  ExpressionPtr left;
  ExpressionPtr right;
  // Resolved.
  Text text;                           // a String in an assignment
  std::shared_ptr<const Regex> regex;  // a String on the right of =~
};

// --- Statements ------------------------------------------------------------------------------------------------------

struct Statement;
using Statements = std::vector<Statement>;

struct SwitchCase {
  bool is_default = false;
  bool is_number = false;
  std::int64_t number = 0;
  std::string text;
  Statements body;
  Span span;
};

struct Statement {
  enum class Kind : std::uint8_t {
    Empty,
    Block,
    If,
    While,
    For,
    Switch,
    Break,
    Return,
    Exit,
    Drop,
    Route,
    Call,
    Assign,
    Assert,
    Log,
    Xlog,
    Async,
    Launch,
  };
  Kind kind = Kind::Empty;
  Span span;
  ExpressionPtr condition;  // If, While, Assert
  Statements body;          // Block, If, While, For
  Statements otherwise;     // If
  bool has_otherwise = false;
  std::vector<SwitchCase> cases;       // Switch
  std::unique_ptr<Variable> variable;  // Switch, For (iterator)
  std::unique_ptr<Variable> list;      // For
  std::unique_ptr<RouteCall> route;    // Route; Async and Launch: the route to go on in
  std::unique_ptr<FunctionCall> call;  // Call, Async, Launch
  std::unique_ptr<Assignment> assignment;
  // Return: code and values. Log, Xlog: level and text, or text. Assert: text. Async: timeout. Launch: parameter.
  std::vector<CallArgument> arguments;
  // Resolved.
  int level = 0;  // Log, Xlog: a literal level
  bool default_level = false;
  bool debug = false;  // xdbg
  bool unreachable = false;
};

struct Route {
  RouteKind kind = RouteKind::Request;
  std::string name;
  std::int64_t period = 0;
  Span name_span;
  Span span;
  Statements body;
  // Resolved.
  bool used = false;
  bool duplicate = false;
};

// The settings of a script in source order, with the spans diagnostics need.
struct ParameterStatement {
  std::string name;
  SettingValue value;
  Span name_span;
  Span value_span;
};
struct LoadModuleStatement {
  std::string name;  // without path and ".so"
  Span span;
};
struct ModuleParameterStatement {
  std::string modules;
  std::string name;
  SettingValue value;
  Span modules_span;
  Span name_span;
  Span value_span;
};
struct SettingStatement {
  enum class Kind : std::uint8_t { Parameter, LoadModule, ModuleParameter } kind = Kind::Parameter;
  ParameterStatement parameter;
  LoadModuleStatement load_module;
  ModuleParameterStatement module_parameter;
};

struct Script {
  std::vector<SettingStatement> settings;
  std::vector<SocketSpec> sockets;
  std::vector<AliasSpec> aliases;
  std::vector<Route> routes;
};

}  // namespace carillon::script::ast
