// SPDX-License-Identifier: Apache-2.0
// Variables, their sub-names, indexes and transformations, and texts with variables in them.
#include <fmt/format.h>

#include <array>

#include "base/strings.h"
#include "script/checker.h"
#include "script/language.h"
#include "script/transformations.h"

namespace carillon::script {

using ast::Builtin;
using ast::Variable;

namespace {

[[nodiscard]] const LanguageVariable* find_builtin(std::string_view name) {
  for (const LanguageVariable& builtin : language_variables()) {
    if (builtin.name == name) return &builtin;
  }
  return nullptr;
}

}  // namespace

void Checker::expand(ast::StringLiteral& literal, ast::Text& into) {
  into = variables_.parse_text(literal.text, literal.origin);
  text(into);
}

void Checker::text(ast::Text& pieces) {
  for (ast::Piece& piece : pieces) {
    if (piece.variable != nullptr) variable(*piece.variable, Use::Read);
  }
}

void Checker::variable(Variable& variable, Use use) {
  if (variable.name.empty()) return;  // told by the parser
  if (!resolve_name(variable)) {
    unknown_name(DiagnosticCode::UnknownVariable, NameKind::Variable, variable.span,
                 fmt::format("unknown variable '${}'", variable.name), variable.name);
    return;
  }
  if (variable.declaration != nullptr && !variable.declaration->successor.empty()) {
    warning(DiagnosticCode::OlderSpelling, variable.span, fmt::format("${} is an older spelling", variable.name),
            fmt::format("today: {}", variable.declaration->successor));
  }
  if (!variable.context.empty()) {
    if (const auto context = host_.find_context(variable.context)) {
      variable.context_id = *context;
    } else {
      error(DiagnosticCode::UnknownContext, variable.span, fmt::format("unknown context '<{}>'", variable.context),
            "<request> or <reply>");
    }
    if (variable.builtin != Builtin::None || !variable.declaration->takes_context) {
      warning(DiagnosticCode::NoEffect, variable.span, fmt::format("a context has no effect on ${}", variable.name));
    }
  }
  sub_name(variable);
  index(variable, use);
  if (use == Use::Write && !is_writable(variable)) {
    error(DiagnosticCode::ReadOnly, variable.span, fmt::format("${} can't be written", variable.name));
  }
  use == Use::Write ? usage_.write(variable) : usage_.read(variable);
  for (ast::Transformation& next : variable.transformations) transformation(next);
}

bool Checker::resolve_name(Variable& variable) {
  if (const LanguageVariable* builtin = find_builtin(variable.name)) {
    variable.builtin = builtin->builtin;
    return true;
  }
  variable.declaration = host_.find_variable(variable.name);
  return variable.declaration != nullptr;
}

bool Checker::is_writable(const Variable& variable) const {
  if (variable.builtin == Builtin::None) return variable.declaration->write != nullptr;
  const LanguageVariable* builtin = find_builtin(variable.name);
  return builtin != nullptr && builtin->writable;
}

void Checker::sub_name(Variable& variable) {
  const LanguageVariable* builtin = find_builtin(variable.name);
  const SubName wanted = builtin != nullptr ? builtin->sub_name : variable.declaration->sub_name;
  if (wanted == SubName::None && variable.has_sub_name) {
    error(DiagnosticCode::VariableForm, variable.span, fmt::format("${} takes no name in ( )", variable.name));
  }
  const bool empty = !variable.has_sub_name || variable.sub_name.empty();
  if (wanted == SubName::Required && empty) {
    error(DiagnosticCode::VariableForm, variable.span,
          fmt::format("${0} needs a name in ( ), as in ${0}(name)", variable.name));
  }
  text(variable.sub_name);
  escape_in_sub_name(variable);
  if (!variable.has_sub_name || !ast::is_constant(variable.sub_name)) return;
  const std::string_view literal = ast::constant_of(variable.sub_name);
  if (variable.builtin == Builtin::Return && !base::parse_number<std::uint16_t>(literal)) {
    error(DiagnosticCode::VariableForm, variable.span, "$return takes the number of a returned value, from 0");
  }
  if (variable.builtin != Builtin::None || variable.declaration->compile_sub_name == nullptr) return;
  auto compiled = variable.declaration->compile_sub_name(Value::text(literal), variable.declaration->owner);
  if (!compiled) {
    error(DiagnosticCode::VariableForm, variable.span,
          fmt::format("${}({}): {}", variable.name, literal, compiled.error().message));
    return;
  }
  variable.compiled_sub_name = std::move(*compiled);
}

void Checker::escape_in_sub_name(Variable& variable) {
  if (variable.builtin != Builtin::None || variable.declaration->escape_in_sub_name == nullptr) return;
  if (variable.sub_name.size() < 2) return;
  for (ast::Piece& piece : variable.sub_name) {
    if (piece.variable == nullptr) continue;
    ast::Transformation escape;
    escape.declaration = variable.declaration->escape_in_sub_name;
    escape.name = escape.declaration->name;
    escape.span = piece.span;
    piece.variable->transformations.push_back(std::move(escape));
  }
}

void Checker::index(Variable& variable, Use use) {
  using IndexKind = Variable::IndexKind;
  const LanguageVariable* builtin = find_builtin(variable.name);
  const bool indexable = builtin != nullptr ? builtin->indexable : variable.declaration->indexable;
  if (variable.index_kind != IndexKind::None && !indexable) {
    error(DiagnosticCode::VariableForm, variable.span, fmt::format("${} has no index", variable.name));
  }
  if (variable.index_kind == IndexKind::Append && use != Use::Write) {
    error(DiagnosticCode::VariableForm, variable.span, "[append] is for writing");
  }
  if (variable.index_kind == IndexKind::All && use == Use::Write) {
    error(DiagnosticCode::VariableForm, variable.span, "[*] is for reading",
          "write to one index, or use := to replace all values");
  }
  if (use == Use::Iterate && variable.index_kind != IndexKind::All) {
    error(DiagnosticCode::VariableForm, variable.span, "the list of a for needs the index [*]",
          fmt::format("$({}[*])", variable.name));
  }
  if (use == Use::Iterate && !variable.transformations.empty()) {
    error(DiagnosticCode::VariableForm, variable.transformations.front().span,
          "the list of a for can't have transformations");
  }
  if (variable.index_variable != nullptr) this->variable(*variable.index_variable, Use::Read);
}

void Checker::transformation(ast::Transformation& transformation) {
  transformation.declaration = find_transformation(transformation.name);
  if (transformation.declaration == nullptr)
    transformation.declaration = host_.find_transformation(transformation.name);
  if (transformation.declaration == nullptr) {
    const std::string_view nearest = nearest_transformation(transformation.name);
    std::string message = fmt::format("unknown transformation '{}'", transformation.name);
    if (nearest.empty()) {
      unknown_name(DiagnosticCode::UnknownTransformation, NameKind::Transformation, transformation.span,
                   std::move(message), transformation.name);
    } else {
      error(DiagnosticCode::UnknownTransformation, transformation.span, std::move(message),
            fmt::format("did you mean '{}'?", nearest));
    }
    return;
  }
  if (transformation.name == "s.eval") usage_.reads_anything();
  split_arguments(transformation);
  const TransformationDecl& declaration = *transformation.declaration;
  for (std::size_t i = 0; i < declaration.params.size(); ++i) {
    if (i < transformation.arguments.size()) {
      transformation_argument(declaration.params[i], declaration, transformation.arguments[i]);
    } else if (!declaration.params[i].optional) {
      error(DiagnosticCode::ArgumentCount, transformation.span,
            fmt::format("{{{}}} needs the argument '{}'", declaration.name, declaration.params[i].name));
      return;
    }
  }
}

// At the commas, but the last argument takes what is left: {s.select,0,,} separates at commas.
void Checker::split_arguments(ast::Transformation& transformation) {
  if (!transformation.has_arguments) return;
  const std::size_t most = transformation.declaration->params.size();
  if (most == 0) {
    error(DiagnosticCode::ArgumentCount, transformation.span,
          fmt::format("{{{}}} takes no arguments", transformation.declaration->name));
    return;
  }
  const std::string_view raw = transformation.raw_arguments;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= raw.size();) {
    const bool cut = at == raw.size() || (raw[at] == ',' && transformation.arguments.size() + 1 < most);
    if (!cut) {
      const std::size_t variable = raw[at] == '$' ? scan_variable(raw, at).length : 0;
      at += variable == 0 ? 1 : variable;
      continue;
    }
    ast::TransformationArgument argument;
    argument.literal = raw.substr(begin, at - begin);
    argument.origin = transformation.raw_origin.part(begin, at - begin);
    argument.span = transformation.raw_origin.span(begin, at - begin);
    const std::string_view trimmed = base::trim(argument.literal);
    if (trimmed.starts_with('$') && scan_variable(trimmed, 0).length == trimmed.size()) {
      const std::size_t skipped = static_cast<std::size_t>(trimmed.data() - argument.literal.data());
      argument.variable = variables_.parse(std::string(trimmed), argument.origin.part(skipped, trimmed.size()));
    }
    transformation.arguments.push_back(std::move(argument));
    begin = ++at;
  }
}

void Checker::transformation_argument(const ParamDecl& param, const TransformationDecl& declaration,
                                      ast::TransformationArgument& argument) {
  if (argument.variable != nullptr) {
    if (param.literal_only) {
      error(DiagnosticCode::ArgumentType, argument.span,
            fmt::format("{{{}}}: the argument '{}' has to be a constant", declaration.name, param.name));
      return;
    }
    variable(*argument.variable, Use::Read);
    return;
  }
  const std::string_view trimmed = base::trim(argument.literal);
  if (param.kind == ParamKind::Integer) {
    const auto number = base::parse_number<std::int32_t>(trimmed);
    if (!number) {
      error(DiagnosticCode::ArgumentType, argument.span,
            fmt::format("{{{}}}: '{}' is not a number", declaration.name, trimmed));
      return;
    }
    argument.is_number = true;
    argument.number = *number;
  } else if (!trimmed.empty()) {
    const std::size_t skipped = static_cast<std::size_t>(trimmed.data() - argument.literal.data());
    argument.origin = argument.origin.part(skipped, trimmed.size());
    argument.literal = std::string(trimmed);
  }
  if (param.is_substitution) {
    auto pieces = substitution({argument.literal, argument.origin, argument.span});
    if (!pieces) {
      error(DiagnosticCode::ArgumentValue, argument.span,
            fmt::format("{{{}}}: {}", declaration.name, pieces.error().message));
      return;
    }
    if (pieces->delimiter != '\0') {
      argument.substitution = std::move(pieces->text);
      argument.delimiter = pieces->delimiter;
      return;
    }
    argument.literal = ast::constant_of(pieces->text);
  }
  if (param.compile == nullptr) return;
  const Value literal = argument.is_number ? Value::integer(argument.number) : Value::text(argument.literal);
  auto constant = param.compile(literal, declaration.owner);
  if (!constant) {
    error(DiagnosticCode::ArgumentValue, argument.span,
          fmt::format("{{{}}}: {}", declaration.name, constant.error().message));
    return;
  }
  argument.constant = std::move(*constant);
}

}  // namespace carillon::script
