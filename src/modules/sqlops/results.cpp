// SPDX-License-Identifier: Apache-2.0
// See results.h.
#include "modules/sqlops/results.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "base/strings.h"
#include "script/avp.h"
#include "script/vm.h"

namespace carillon::sqlops {
namespace {

using script::Value;
using script::VariableRef;

// The parts of "a; b;c".
std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!base::trim(text).empty()) {
    const std::string_view part = base::trim(base::take_until(text, ';'));
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

VariableRef avp(std::string_view name) {
  VariableRef variable;
  variable.sub_name = name;
  variable.storage = VariableRef::Storage::Avp;
  variable.slot = script::avp_hash(name);
  return variable;
}

struct ToScript {
  routing::RouteContext& context;
  bool bigint_to_str;

  Value operator()(storage::Null /*cell*/) const { return Value::null(); }
  Value operator()(std::int64_t cell) const {
    if (bigint_to_str && !std::in_range<std::int32_t>(cell)) {
      return Value::text(context.keep(fmt::format_int(cell).str()));
    }
    return Value::integer(cell);
  }
  Value operator()(double cell) const { return Value::text(context.keep(storage::to_text(cell))); }
  Value operator()(const std::string& cell) const { return Value::text(context.keep(cell)); }
  Value operator()(const storage::Blob& cell) const { return Value::text(context.keep(cell.bytes)); }
  Value operator()(storage::DateTime cell) const { return Value::integer(cell.unix_seconds); }
};

}  // namespace

base::Result<ResultAvps> ResultAvps::parse(std::string_view text) {
  ResultAvps avps;
  for (const std::string_view part : parts_of(text)) {
    auto variable = ResultVariable::parse(part);
    if (!variable) return std::unexpected(std::move(variable.error()));
    if (variable->name != "avp") return base::fail(fmt::format("'{}' is not of the form $avp(name)", part));
    avps.names.push_back(std::move(variable->sub_name));
  }
  return avps;
}

base::Result<ResultVariable> ResultVariable::parse(std::string_view text) {
  const auto wrong = [text] { return base::fail(fmt::format("'{}' is no variable that can be written", text)); };
  std::string_view rest = text;
  if (!rest.starts_with('$')) return wrong();
  rest.remove_prefix(1);
  // $(name) and $(name(sub))
  if (rest.starts_with('(') && rest.ends_with(')')) rest = rest.substr(1, rest.size() - 2);
  ResultVariable variable;
  const std::size_t bracket = rest.find('(');
  variable.name = rest.substr(0, bracket);
  if (bracket != std::string_view::npos) {
    if (!rest.ends_with(')') || bracket + 2 >= rest.size()) return wrong();
    variable.sub_name = rest.substr(bracket + 1, rest.size() - bracket - 2);
  }
  const bool named_by_us = variable.name == "avp" || variable.name == "var";
  if (variable.name.empty() || (named_by_us && variable.sub_name.empty()) ||
      text.find_first_of("{[<") != std::string_view::npos) {
    return wrong();
  }
  return variable;
}

base::Result<ResultVariables> ResultVariables::parse(std::string_view text) {
  ResultVariables list;
  for (const std::string_view part : parts_of(text)) {
    auto variable = ResultVariable::parse(part);
    if (!variable) return std::unexpected(std::move(variable.error()));
    list.variables.push_back(std::move(*variable));
  }
  return list;
}

base::Result<> ResultVariable::check(const module::Registry& modules) const {
  if (name == "avp" || name == "var") return {};
  const script::VariableDecl* declaration = modules.find_variable(name);
  if (declaration == nullptr) return base::fail(fmt::format("there is no variable ${}", name));
  if (declaration->write == nullptr) return base::fail(fmt::format("${} can't be written", name));
  return {};
}

bool ResultVariable::write(routing::RouteContext& context, const module::Registry& modules, const Value& value) const {
  if (name == "avp") return context.run().assign(avp(sub_name), value);
  if (name == "var") return context.run().assign(context.run().local(sub_name), value);
  VariableRef variable;
  variable.declaration = modules.find_variable(name);
  variable.sub_name = sub_name;
  return variable.declaration != nullptr && context.run().assign(variable, value);
}

Value to_script(routing::RouteContext& context, const storage::Value& cell, bool bigint_to_str) {
  return std::visit(ToScript{context, bigint_to_str}, cell);
}

void write_rows(routing::RouteContext& context, const storage::ResultSet& rows, const ResultAvps* avps,
                bool bigint_to_str) {
  // The last row first: what is pushed last is on top.
  for (auto row = rows.rows.rbegin(); row != rows.rows.rend(); ++row) {
    for (std::size_t column = 0; column < row->size(); ++column) {
      if (avps != nullptr && column >= avps->names.size()) break;
      Value value = to_script(context, (*row)[column], bigint_to_str);
      if (value.is_null()) value = Value::text("<null>");
      if (avps != nullptr) {
        context.avps().push(script::AvpName(avps->names[column]), value);
      } else {
        context.avps().push(script::AvpName(fmt::format_int(column + 1).str()), value);
      }
    }
  }
}

}  // namespace carillon::sqlops
