// SPDX-License-Identifier: Apache-2.0
// Checks and changes of AVPs that expressions and assignments of the language replaced. See avpops.h.
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.h"
#include "modules/avpops/avpops.h"
#include "script/transformations.h"

namespace carillon::avpops {

using module::Constant;
using module::kFalse;
using module::kTrue;
using script::AvpName;
using script::Value;

namespace {

// All values of an AVP, newest first.
std::vector<Value> values_of(RouteContext& context, AvpName name) {
  std::vector<Value> values;
  const std::size_t count = context.avps().count(name);
  for (std::size_t i = 0; i < count; ++i) values.push_back(context.avps().get(name, static_cast<int>(i)));
  return values;
}

// What `change` makes of the newest value, or of all: each in its place, or in the same order on top of another AVP.
// Values of which it makes nothing stay. True when it made something.
template <typename Change>
bool transform(RouteContext& context, const AvpPair& pair, bool all, bool delete_source, Change change) {
  const AvpName source(pair.source);
  const AvpName destination(pair.destination);
  std::vector<Value> made;
  const std::vector<Value> values = values_of(context, source);
  std::size_t removed = 0;
  for (std::size_t i = 0; i < values.size() && (all || i == 0); ++i) {
    const std::optional<Value> value = change(values[i]);
    if (!value) continue;
    if (pair.replaces()) {
      context.avps().set(source, static_cast<int>(i), *value);
    } else if (delete_source) {
      context.avps().remove(source, static_cast<int>(i - removed++));
    }
    made.push_back(*value);
  }
  if (pair.replaces()) return !made.empty();
  for (auto value = made.rbegin(); value != made.rend(); ++value) context.avps().push(destination, *value);
  return !made.empty();
}

}  // namespace

Verdict Avpops::avp_check(RouteContext& context, Constant<Checked> name, Constant<Check> op_value) {
  const std::vector<Value> others = op_value->operand.read_all(context);
  for (const Value& value : name->operand.read_all(context)) {
    for (const Value& other : others) {
      const auto holds = op_value->holds(context, value, other);
      if (!holds) log::error("avp_check(): {}", holds.error().message);
      if (holds.value_or(false)) return kTrue;
      if (!op_value->all) return kFalse;
    }
  }
  return kFalse;
}

Verdict Avpops::avp_op(RouteContext& context, Constant<AvpPair> name, Constant<Operation> op_value) {
  const Value right = op_value->operand.read(context);
  bool failed = false;
  const auto operate = [&](const Value& left) -> std::optional<Value> {
    const auto result = op_value->apply(context, left, right);
    if (result) return *result;
    log::error("avp_op(): {}", result.error().message);
    failed = true;
    return std::nullopt;
  };
  const bool done =
      transform(context, *name, op_value->all || name->all, op_value->delete_source || name->delete_source, operate);
  return Verdict::of(done && !failed);
}

Verdict Avpops::avp_subst(RouteContext& context, Constant<AvpPair> avps,
                          const module::Parsed<script::Substitution>& subst) {
  const auto substitute = [&](const Value& value) -> std::optional<Value> {
    const auto replaced = subst->apply(script::to_text(value, context.arena()), script::kMaxTransformed);
    if (!replaced) log::error("avp_subst(): {}", replaced.error().message);
    if (!replaced || replaced->count == 0) return std::nullopt;
    return Value::text(context.keep(replaced->text));
  };
  return Verdict::of(transform(context, *avps, avps->all, avps->delete_source, substitute));
}

bool Avpops::assign(RouteContext& context, std::string_view variable, const Value& value) const {
  const sqlops::ResultVariable destination{.name = std::string(variable), .sub_name = {}};
  return destination.write(context, modules(), value);
}

// The first value decides about the request itself, further ones about branches beside it.
bool Avpops::push(RouteContext& context, Destination::Kind to, const Value& value, bool first) const {
  const Value text = Value::text(script::to_text(value, context.arena()));
  if (to == Destination::Kind::Branch) return assign(context, "msg.branch", text);
  if (to == Destination::Kind::NextHop) return first && assign(context, "du", text);
  const std::string_view before = context.request_target().uri;
  const std::string_view part = to == Destination::Kind::Uri ? "ru" : to == Destination::Kind::Username ? "rU" : "rd";
  if (!assign(context, part, text)) return false;
  if (first) return true;
  const std::string_view made = std::exchange(context.request_target().uri, before);
  return assign(context, "msg.branch", Value::text(made));
}

Verdict Avpops::avp_pushto(RouteContext& context, Constant<Destination> destination, Constant<Pushed> name) {
  std::vector<Value> values = name->operand.read_all(context);
  if (!name->all && values.size() > 1) values.resize(1);
  bool first = true;
  for (const Value& value : values) {
    if (!push(context, destination->kind, value, first)) return kFalse;
    first = false;
  }
  return Verdict::of(!first);
}

Verdict Avpops::avp_insert(RouteContext& context, Constant<AvpWithFlags> name, std::string_view value, int index) {
  if (index < 0) return kFalse;
  const AvpName avp(name->name);
  std::vector<Value> values = values_of(context, avp);
  const std::size_t at = std::min(values.size(), static_cast<std::size_t>(index));
  values.insert(values.begin() + static_cast<std::ptrdiff_t>(at), Value::text(context.keep(value)));
  context.avps().remove_all(avp);
  for (const Value& one : values) context.avps().append(avp, one);
  return kTrue;
}

Verdict Avpops::avp_printf(RouteContext& context, Constant<AvpWithFlags> name, std::string_view text) {
  context.avps().push(AvpName(name->name), Value::text(context.keep(text)));
  return kTrue;
}

}  // namespace carillon::avpops
