// SPDX-License-Identifier: Apache-2.0
// Conditions, values, calls and variables to bytecode.
#include "base/strings.h"
#include "script/avp.h"
#include "script/compiler.h"

namespace carillon::script {

using ast::CallArgument;
using ast::Expression;

// Leaves a truth.
void Compiler::condition(const Expression& expr) {
  switch (expr.kind) {
    case Expression::Kind::Group:
      condition(*expr.left);
      break;
    case Expression::Kind::Not:
      condition(*expr.left);
      emit(Op::Not);
      break;
    case Expression::Kind::And:
    case Expression::Kind::Or: {
      condition(*expr.left);
      const std::uint32_t jump = emit(expr.kind == Expression::Kind::And ? Op::And : Op::Or);
      condition(*expr.right);
      patch(jump);
      break;
    }
    case Expression::Kind::Compare:
      comparison(expr);
      break;
    case Expression::Kind::Call:
      call(*expr.call, Delivery::Condition);
      break;
    case Expression::Kind::Route:
      route_call(*expr.route, Delivery::Condition);
      break;
    case Expression::Kind::Assign:
      assignment(*expr.assignment, Op::StoreTruth);
      break;
    default:
      value(expr);
      emit(Op::ToTruth);
      break;
  }
}

// Leaves a value.
void Compiler::value(const Expression& expr) {
  switch (expr.kind) {
    case Expression::Kind::Number:
      push(Value::integer(to_script_integer(expr.number)));
      break;
    case Expression::Kind::String:
      text(expr.text);
      break;
    case Expression::Kind::Null:
    case Expression::Kind::Address:
      push(Value::null());
      break;
    case Expression::Kind::Variable:
      read(*expr.variable);
      break;
    case Expression::Kind::Call:
      call(*expr.call, Delivery::Value);
      break;
    case Expression::Kind::Route:
      route_call(*expr.route, Delivery::Value);
      break;
    case Expression::Kind::Group:
      value(*expr.left);
      break;
    case Expression::Kind::Negate:
    case Expression::Kind::Minus:
      value(*expr.left);
      emit(expr.kind == Expression::Kind::Negate ? Op::Complement : Op::Negate);
      break;
    case Expression::Kind::Arithmetic:
      value(*expr.left);
      value(*expr.right);
      emit(Op::Combine, 0, static_cast<std::uint8_t>(expr.operation));
      break;
    case Expression::Kind::Assign:
    case Expression::Kind::Not:
    case Expression::Kind::And:
    case Expression::Kind::Or:
    case Expression::Kind::Compare:
      condition(expr);
      emit(Op::FromTruth);
      break;
  }
}

void Compiler::comparison(const Expression& expr) {
  const auto flags = static_cast<std::uint8_t>(expr.comparison);
  const bool matching = expr.comparison == CompareOp::Match || expr.comparison == CompareOp::NotMatch;
  value(*expr.left);
  if (expr.right->kind == Expression::Kind::Address) {
    code_->networks.push_back(expr.right->network);
    emit(Op::CompareAddress, static_cast<std::uint32_t>(code_->networks.size() - 1), flags);
  } else if (expr.right->regex != nullptr) {
    code_->regexes.push_back(expr.right->regex);
    emit(Op::MatchConstant, static_cast<std::uint32_t>(code_->regexes.size() - 1), flags);
  } else if (expr.right->kind == Expression::Kind::String) {
    push(Value::text(keep(expr.right->string.text)));
    emit(Op::Compare, 0, flags);
  } else {
    value(*expr.right);
    emit(matching ? Op::MatchDynamic : Op::Compare, 0, flags);
  }
}

void Compiler::assignment(const ast::Assignment& assigned, Op store) {
  const std::uint32_t site = variable_parts(*assigned.target);
  value(*assigned.value);
  const StoreMode mode = assigned.op == ast::Assignment::Op::Update    ? StoreMode::Update
                         : assigned.op == ast::Assignment::Op::Replace ? StoreMode::Replace
                                                                       : StoreMode::Assign;
  emit(store, site, static_cast<std::uint8_t>(mode), static_cast<std::uint16_t>(assigned.operation));
}

void Compiler::call(const ast::FunctionCall& call, Delivery delivery) {
  const std::uint32_t site = call_site(call);
  emit(Op::Call, site, static_cast<std::uint8_t>(delivery));
}

std::uint32_t Compiler::call_site(const ast::FunctionCall& call) {
  at(call.span);
  const auto index = static_cast<std::uint32_t>(code_->calls.size());
  CallSite& site = code_->calls.emplace_back();
  site.declaration = call.declaration;
  site.position = position_;
  site.arguments.resize(call.arguments.size());
  for (std::size_t i = 0; i < call.arguments.size(); ++i) {
    call_argument(call.arguments[i], static_cast<std::uint8_t>(i), site);
  }
  code_->functions.emplace(call.declaration->name);
  return index;
}

void Compiler::call_argument(const CallArgument& argument, std::uint8_t position, CallSite& site) {
  Argument& into = site.arguments[position];
  if (argument.kind == CallArgument::Kind::Missing) return;
  into.kind = Argument::Kind::Value;
  if (argument.constant != nullptr) {
    site.constants.push_back(argument.constant);
    into.constant = argument.constant.get();
  }
  if (argument.regex != nullptr) {
    site.regexes.push_back(argument.regex);
    into.regex = argument.regex.get();
  }
  if (argument.kind == CallArgument::Kind::Integer) {
    into.value = Value::integer(argument.number);
    return;
  }
  if (argument.kind == CallArgument::Kind::String && ast::is_constant(argument.text)) {
    into.value = Value::text(keep(ast::constant_of(argument.text)));
    return;
  }
  if (site.declaration->params[position].kind == ParamKind::Variable) {
    into.kind = Argument::Kind::Variable;
    const VariableSite& variable = code_->variables[variable_parts(*argument.variable)];
    into.variable = &variable.ref;
    const std::uint32_t parts = (variable.dynamic_sub_name ? 1U : 0U) + (variable.dynamic_index ? 1U : 0U);
    if (parts != 0) site.dynamic.push_back({position, &variable});
    site.stack_values += parts;
    return;
  }
  value_argument(argument);
  site.dynamic.push_back({position, nullptr});
  ++site.stack_values;
}

void Compiler::route_call(const ast::RouteCall& call, Delivery delivery) {
  if (call.dynamic) value_argument(call.name);
  for (const CallArgument& argument : call.arguments) value_argument(argument);
  at(call.span);
  code_->route_sites.push_back({call.dynamic, call.target});
  emit(Op::CallRoute, static_cast<std::uint32_t>(code_->route_sites.size() - 1), static_cast<std::uint8_t>(delivery),
       static_cast<std::uint16_t>(call.arguments.size()));
}

void Compiler::value_argument(const CallArgument& argument) {
  switch (argument.kind) {
    case CallArgument::Kind::Missing:
    case CallArgument::Kind::Null:
      push(Value::null());
      break;
    case CallArgument::Kind::Integer:
      push(Value::integer(argument.number));
      break;
    case CallArgument::Kind::Word:
      push(Value::text(keep(argument.string.text)));
      break;
    case CallArgument::Kind::String:
      text(argument.text, argument.delimiter);
      break;
    case CallArgument::Kind::Variable:
      read(*argument.variable);
      break;
  }
}

void Compiler::text(const ast::Text& pieces, char delimiter) {
  if (ast::is_constant(pieces)) return push(Value::text(keep(ast::constant_of(pieces))));
  for (const ast::Piece& piece : pieces) {
    if (piece.variable != nullptr) {
      read(*piece.variable);
      if (delimiter != '\0') emit(Op::Quote, static_cast<unsigned char>(delimiter));
    } else {
      push(Value::text(keep(piece.literal)));
    }
  }
  emit(Op::Concat, 0, 0, static_cast<std::uint16_t>(pieces.size()));
}

void Compiler::read(const ast::Variable& variable) {
  using ast::Builtin;
  if (variable.builtin == Builtin::ConfigLine) {
    push(Value::integer(position_.line));
  } else if (variable.builtin == Builtin::ConfigFile) {
    push(Value::text(keep(source_.file_name(position_))));
  } else {
    const std::uint32_t index = variable_parts(variable);
    const VariableSite& site = code_->variables[index];
    const bool constant = !site.dynamic_sub_name && !site.dynamic_index && !site.all;
    if (constant && site.builtin == Builtin::Local) {
      emit(Op::ReadLocal, site.ref.slot);
    } else if (constant && site.builtin == Builtin::Avp) {
      emit(Op::ReadAvp, index);
    } else if (constant && site.builtin == Builtin::None) {
      emit(Op::ReadHost, index);
    } else {
      emit(Op::ReadOther, index);
    }
  }
  for (const ast::Transformation& next : variable.transformations) transformation(next);
}

void Compiler::transformation(const ast::Transformation& transformation) {
  const auto index = static_cast<std::uint32_t>(code_->transformations.size());
  TransformSite& site = code_->transformations.emplace_back();
  site.declaration = transformation.declaration;
  site.arguments.resize(site.declaration->params.size());
  for (std::size_t i = 0; i < transformation.arguments.size(); ++i) {
    const ast::TransformationArgument& from = transformation.arguments[i];
    Argument& into = site.arguments[i];
    into.kind = Argument::Kind::Value;
    if (from.constant != nullptr) {
      site.constants.push_back(from.constant);
      into.constant = from.constant.get();
    }
    if (from.variable != nullptr) {
      read(*from.variable);
      site.dynamic.push_back(static_cast<std::uint8_t>(i));
    } else if (!from.substitution.empty()) {
      text(from.substitution, from.delimiter);
      site.dynamic.push_back(static_cast<std::uint8_t>(i));
    } else {
      into.value = from.is_number ? Value::integer(from.number) : Value::text(keep(from.literal));
    }
  }
  emit(Op::Transform, index);
}

std::uint32_t Compiler::variable_parts(const ast::Variable& variable) {
  const std::uint32_t index = variable_site(variable);
  if (code_->variables[index].dynamic_sub_name) text(variable.sub_name);
  if (code_->variables[index].dynamic_index) read(*variable.index_variable);
  return index;
}

std::uint32_t Compiler::variable_site(const ast::Variable& variable) {
  using ast::Builtin;
  using IndexKind = ast::Variable::IndexKind;
  const auto index = static_cast<std::uint32_t>(code_->variables.size());
  VariableSite& site = code_->variables.emplace_back();
  site.builtin = variable.builtin;
  site.all = variable.index_kind == IndexKind::All;
  site.dynamic_index = variable.index_kind == IndexKind::Dynamic;
  site.dynamic_sub_name = variable.has_sub_name && !ast::is_constant(variable.sub_name);
  site.compiled = variable.compiled_sub_name;
  site.ref.declaration = variable.declaration;
  site.ref.compiled = variable.compiled_sub_name.get();
  site.ref.context = variable.context_id;
  if (variable.index_kind == IndexKind::At) site.ref.index = {Index::Kind::At, variable.index};
  if (variable.index_kind == IndexKind::Append) site.ref.index = {Index::Kind::Append, 0};
  if (variable.builtin == Builtin::Local) site.ref.storage = VariableRef::Storage::Local;
  if (variable.builtin == Builtin::Avp) site.ref.storage = VariableRef::Storage::Avp;
  if (site.dynamic_sub_name) return index;
  site.ref.sub_name = keep(ast::constant_of(variable.sub_name));
  if (variable.builtin == Builtin::Local) site.ref.slot = local_slot(site.ref.sub_name);
  if (variable.builtin == Builtin::Avp) site.ref.slot = avp_hash(site.ref.sub_name);
  if (variable.builtin == Builtin::Param || variable.builtin == Builtin::Return) {
    const auto number = base::parse_number<std::uint16_t>(site.ref.sub_name);
    if (number) site.number = *number;
  }
  return index;
}

std::uint32_t Compiler::local_slot(std::string_view name) {
  const auto next = static_cast<std::uint32_t>(code_->locals.size());
  return code_->locals.try_emplace(std::string(name), next).first->second;
}

}  // namespace carillon::script
