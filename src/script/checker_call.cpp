// SPDX-License-Identifier: Apache-2.0
// Function calls: known, allowed here, and given what they take. Constant arguments are parsed now.
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "script/checker.h"
#include "script/substitution.h"
#include "script/transformations.h"

namespace carillon::script {

using ast::CallArgument;
using ast::StringLiteral;

namespace {

[[nodiscard]] bool is_text(const CallArgument& argument) {
  return argument.kind == CallArgument::Kind::String || argument.kind == CallArgument::Kind::Word;
}

// "save(domain, [flags], [aor])"
std::string signature(const FunctionDecl& function) {
  std::string out = fmt::format("{}(", function.name);
  for (const ParamDecl& param : function.params) {
    if (out.back() != '(') out += ", ";
    out += param.optional ? fmt::format("[{}]", param.name) : std::string(param.name);
  }
  return out + ")";
}

// The replacement of a substitution as a text with variables: \u is the Request-URI, \$ a dollar.
StringLiteral replacement_literal(const StringLiteral& whole, const Substitution::Extent& extent) {
  StringLiteral literal;
  const auto add = [&](std::string_view text, std::size_t from) {
    literal.text += text;
    literal.origin.map.insert(literal.origin.map.end(), text.size(), whole.origin.at(from));
  };
  for (std::size_t i = extent.begin; i < extent.end; ++i) {
    const bool pair = whole.text[i] == '\\' && i + 1 < extent.end;
    const char second = pair ? whole.text[i + 1] : '\0';
    if (second == 'u') {
      add("$(ru)", i);
    } else if (second == '$') {
      add("$$", i);
    } else {
      add(std::string_view(whole.text).substr(i, pair ? 2 : 1), i);
    }
    if (pair) ++i;
  }
  literal.origin.map.push_back(whole.origin.at(extent.end));
  literal.span = whole.span;
  return literal;
}

std::string routes_of(RouteMask mask) {
  std::string out;
  for (int i = 0; i < kRouteKinds; ++i) {
    const auto kind = static_cast<RouteKind>(i);
    if ((mask & mask_of(kind)) == 0) continue;
    if (!out.empty()) out += ", ";
    out += keyword_of(kind);
  }
  return out;
}

}  // namespace

bool Checker::is_quoted_variable(const CallArgument& argument) {
  const std::string& text = argument.string.text;
  return is_text(argument) && text.starts_with('$') && scan_variable(text, 0).length == text.size();
}

void Checker::call(ast::FunctionCall& call) {
  call.declaration = host_.find_function(call.name);
  if (call.declaration == nullptr) {
    unknown_name(DiagnosticCode::UnknownFunction, NameKind::Function, call.name_span,
                 fmt::format("unknown function '{}'", call.name), call.name);
    // Its arguments may have mistakes of their own, and who knows what it does with them.
    for (CallArgument& argument : call.arguments) {
      usage_.mention(argument.string.text);
      if (argument.kind != CallArgument::Kind::Variable || argument.variable == nullptr) continue;
      value_argument(argument);
      usage_.write(*argument.variable);
    }
    return;
  }
  const FunctionDecl& function = *call.declaration;
  if (!function.successor.empty()) {
    warning(DiagnosticCode::OlderSpelling, call.name_span, fmt::format("{}() is an older spelling", function.name),
            fmt::format("today: {}", function.successor));
  }
  if (host_.sets_any_avp(function.name)) usage_.uses_anything();
  if (content_ != nullptr) content_->functions.emplace_back(&function, call.name_span);
  if ((function.routes & mask_of(kind_)) == 0) {
    error(DiagnosticCode::WrongRoute, call.name_span,
          fmt::format("{}() can't be used in a {}", function.name, keyword_of(kind_)),
          fmt::format("allowed in: {}", routes_of(function.routes)));
  }
  put_in_order(call);
  if (call.arguments.size() > function.params.size()) {
    error(DiagnosticCode::ArgumentCount, call.arguments[function.params.size()].span,
          fmt::format("{}() takes {} argument{}, not {}", function.name, function.params.size(),
                      function.params.size() == 1 ? "" : "s", call.arguments.size()),
          signature(function));
  }
  call.arguments.resize(function.params.size());
  for (std::size_t i = 0; i < function.params.size(); ++i) {
    const ParamDecl& param = function.params[i];
    if (call.arguments[i].kind != CallArgument::Kind::Missing) {
      argument(function, param, call.arguments[i]);
    } else if (!param.optional) {
      error(DiagnosticCode::ArgumentCount, call.span,
            fmt::format("{}() needs the argument '{}'", function.name, param.name), signature(function));
    }
  }
}

// Arguments in the order of an older version go to their places of today.
void Checker::put_in_order(ast::FunctionCall& call) {
  const FunctionDecl& function = *call.declaration;
  if (function.older_order == nullptr || call.arguments.size() > function.params.size()) return;
  std::vector<std::string_view> literals;
  for (const CallArgument& argument : call.arguments)
    literals.push_back(is_text(argument) ? std::string_view(argument.string.text) : std::string_view());
  const auto order = function.older_order(literals);
  if (!order) return;
  std::vector<CallArgument> arguments(function.params.size());
  for (std::size_t i = 0; i < call.arguments.size(); ++i) arguments[(*order)[i]] = std::move(call.arguments[i]);
  call.arguments = std::move(arguments);
  warning(DiagnosticCode::OlderSpelling, call.name_span,
          fmt::format("{}() with its arguments in this order is an older spelling", function.name),
          fmt::format("today: {}", signature(function)));
}

void Checker::argument(const FunctionDecl& function, const ParamDecl& param, CallArgument& argument) {
  if (argument.kind == CallArgument::Kind::Null) {
    error(DiagnosticCode::ArgumentType, argument.span,
          fmt::format("NULL can't be the argument '{}' of a function", param.name),
          param.optional ? "leave the position empty" : std::string());
    return;
  }
  switch (param.kind) {
    case ParamKind::Integer:
      integer_argument(param, argument);
      break;
    case ParamKind::String:
      string_argument(param, argument);
      break;
    case ParamKind::Variable:
      variable_argument(param, argument);
      return;
    case ParamKind::Regex:
      regex_argument(argument);
      break;
  }
  const bool constant = argument.kind == CallArgument::Kind::Integer ||
                        (argument.kind == CallArgument::Kind::String && ast::is_constant(argument.text));
  if (!constant && param.names_route) usage_.names_any_route(*param.names_route);
  if (!constant && param.literal_only) {
    error(DiagnosticCode::ArgumentType, argument.span,
          fmt::format("the argument '{}' of {}() has to be a constant", param.name, function.name));
    return;
  }
  if (constant) compile_argument(function, param, argument);
}

void Checker::unquote_variable(const ParamDecl& param, CallArgument& argument) {
  warning(DiagnosticCode::QuotedArgument, argument.span,
          fmt::format("the argument '{}' is a variable; it needs no quotes", param.name));
  argument.variable = variables_.parse(argument.string.text, argument.string.origin);
  argument.kind = CallArgument::Kind::Variable;
}

void Checker::integer_argument(const ParamDecl& param, CallArgument& argument) {
  if (argument.kind == CallArgument::Kind::Integer) return;
  if (is_quoted_variable(argument)) unquote_variable(param, argument);
  if (argument.kind == CallArgument::Kind::Variable) {
    if (argument.variable != nullptr) variable(*argument.variable, Use::Read);
    return;
  }
  std::string_view digits = base::trim(argument.string.text);
  if (digits.starts_with('+')) digits.remove_prefix(1);  // update_stat("calls", "+1")
  const auto number = base::parse_number<std::int32_t>(digits);
  if (argument.kind != CallArgument::Kind::String || !number) {
    error(DiagnosticCode::ArgumentType, argument.span,
          fmt::format("the argument '{}' takes a number or a variable", param.name));
    argument.kind = CallArgument::Kind::Integer;
    return;
  }
  warning(DiagnosticCode::QuotedArgument, argument.span,
          fmt::format("the argument '{}' takes a number; this one stands in quotes", param.name),
          fmt::format("write {}", *number));
  argument.kind = CallArgument::Kind::Integer;
  argument.number = *number;
}

void Checker::string_argument(const ParamDecl& param, CallArgument& argument) {
  if (argument.kind == CallArgument::Kind::Variable) {
    if (argument.variable != nullptr) variable(*argument.variable, Use::Read);
    return;
  }
  // What is taken apart by the function may have variables in it, as "$avp(a);$avp(b)".
  if (param.not_expanded || param.compile != nullptr) usage_.mention(argument.string.text);
  // setflag(NAT), setflag(5): a word or a number stands for its text.
  if (argument.kind == CallArgument::Kind::String && param.is_substitution) {
    substitution_argument(param, argument);
  } else if (argument.kind == CallArgument::Kind::String && !param.not_expanded) {
    expand(argument.string, argument.text);
    if (param.is_json) escape_in_strings(argument.text);
  } else {
    argument.text.clear();
    if (!argument.string.text.empty()) argument.text.push_back({argument.string.text, nullptr, argument.span});
    ast::Text checked;
    if (param.expanded_later && argument.kind == CallArgument::Kind::String) expand(argument.string, checked);
  }
  argument.kind = CallArgument::Kind::String;
}

base::Result<Checker::SubstitutionPieces> Checker::substitution(const StringLiteral& whole) {
  SubstitutionPieces pieces;
  const auto replacement = Substitution::find_replacement(whole.text);
  if (!replacement) {
    pieces.text.push_back({whole.text, nullptr, whole.span});
    return pieces;
  }
  StringLiteral expanded = replacement_literal(whole, *replacement);
  ast::Text expansion;
  expand(expanded, expansion);
  std::string constant = whole.text.substr(0, replacement->begin);
  std::string without_variables = constant;
  const auto flush = [&] {
    if (!constant.empty()) pieces.text.push_back({std::exchange(constant, {}), nullptr, whole.span});
  };
  for (ast::Piece& piece : expansion) {
    if (piece.variable == nullptr) {
      constant += piece.literal;
      without_variables += piece.literal;
      continue;
    }
    pieces.delimiter = replacement->delimiter;
    flush();
    pieces.text.push_back(std::move(piece));
  }
  constant.append(whole.text, replacement->end);
  without_variables.append(whole.text, replacement->end);
  flush();
  if (pieces.delimiter == '\0') return pieces;
  if (auto parsed = Substitution::parse(without_variables); !parsed) return std::unexpected(std::move(parsed.error()));
  return pieces;
}

void Checker::substitution_argument(const ParamDecl& param, CallArgument& argument) {
  auto pieces = substitution(argument.string);
  if (!pieces) {
    error(argument.span, fmt::format("the argument '{}': {}", param.name, pieces.error().message));
    return;
  }
  argument.text = std::move(pieces->text);
  argument.delimiter = pieces->delimiter;
}

void Checker::escape_in_strings(ast::Text& json) {
  bool in_string = false;
  for (ast::Piece& piece : json) {
    if (piece.variable == nullptr) {
      for (std::size_t i = 0; i < piece.literal.size(); ++i) {
        if (piece.literal[i] == '"') in_string = !in_string;
        if (in_string && piece.literal[i] == '\\') ++i;
      }
    } else if (in_string) {
      // What scripts use for the same purpose, and would now be one escape too many.
      auto& transformations = piece.variable->transformations;
      if (!transformations.empty() && transformations.back().name == "s.escape.common") transformations.pop_back();
      ast::Transformation escape;
      escape.name = "s.escape.json";
      escape.span = piece.span;
      escape.declaration = find_transformation(escape.name);
      transformations.push_back(std::move(escape));
    }
  }
}

void Checker::variable_argument(const ParamDecl& param, CallArgument& argument) {
  if (is_quoted_variable(argument)) unquote_variable(param, argument);
  if (argument.kind != CallArgument::Kind::Variable) {
    error(DiagnosticCode::ArgumentType, argument.span, fmt::format("the argument '{}' takes a variable", param.name),
          "as $var(x) or $avp(x)");
    return;
  }
  if (argument.variable == nullptr) return;
  if (!argument.variable->transformations.empty()) {
    error(DiagnosticCode::ArgumentType, argument.variable->transformations.front().span,
          param.reads_only
              ? fmt::format("the argument '{}' is the variable itself, so it can't have transformations", param.name)
              : fmt::format("the argument '{}' is written to, so it can't have transformations", param.name));
  }
  variable(*argument.variable, param.reads_only ? Use::Read : Use::Write);
  if (!param.reads_only) usage_.pass(*argument.variable);
}

void Checker::regex_argument(CallArgument& argument) {
  if (argument.kind == CallArgument::Kind::Variable) {
    if (argument.variable != nullptr) variable(*argument.variable, Use::Read);
    return;
  }
  argument.kind = CallArgument::Kind::String;
  argument.text.clear();
  argument.text.push_back({argument.string.text, nullptr, argument.span});
  auto compiled = Regex::compile(argument.string.text, kArgumentRegex);
  if (!compiled) {
    error(DiagnosticCode::Regex, argument.span, compiled.error().message);
    return;
  }
  argument.regex = std::move(*compiled);
}

void Checker::compile_argument(const FunctionDecl& function, const ParamDecl& param, CallArgument& argument) {
  const bool is_number = argument.kind == CallArgument::Kind::Integer;
  const std::string_view literal = is_number ? std::string_view{} : ast::constant_of(argument.text);
  if (param.names_route && !is_number) {
    static_cast<void>(find_route(*param.names_route, literal, argument.span));
  }
  if (param.compile == nullptr) return;
  auto constant = param.compile(is_number ? Value::integer(argument.number) : Value::text(literal), function.owner);
  if (!constant) {
    error(DiagnosticCode::ArgumentValue, argument.span,
          fmt::format("{}(), argument '{}': {}", function.name, param.name, constant.error().message));
    return;
  }
  argument.constant = std::move(*constant);
  const std::string today = param.today != nullptr && !is_number ? param.today(literal) : std::string();
  if (!today.empty()) {
    warning(DiagnosticCode::OlderSpelling, argument.span, fmt::format("'{}' is an older spelling", literal),
            fmt::format("today: \"{}\"", today));
  }
}

void Checker::value_argument(CallArgument& argument) {
  switch (argument.kind) {
    case CallArgument::Kind::Missing:
    case CallArgument::Kind::Integer:
    case CallArgument::Kind::Null:
    case CallArgument::Kind::Word:
      break;
    case CallArgument::Kind::String:
      expand(argument.string, argument.text);
      break;
    case CallArgument::Kind::Variable:
      if (argument.variable != nullptr) variable(*argument.variable, Use::Read);
      break;
  }
}

}  // namespace carillon::script
