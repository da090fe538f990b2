// SPDX-License-Identifier: Apache-2.0
// See avpops.h.
#include "modules/avpops/avpops.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "script/avp.h"

namespace carillon::avpops {

using module::Constant;
using module::kFalse;
using module::kTrue;
using script::AvpName;
using script::Value;

base::Result<AvpWithFlags> AvpWithFlags::parse(std::string_view text) {
  const std::size_t slash = text.rfind('/');
  const auto variable = sqlops::ResultVariable::parse(base::trim(text.substr(0, slash)));
  if (!variable || variable->name != "avp") return base::fail(fmt::format("'{}' is not of the form $avp(name)", text));
  AvpWithFlags avp{.name = variable->sub_name, .flags = {}};
  if (slash != std::string_view::npos) avp.flags = base::to_lower(base::trim(text.substr(slash + 1)));
  return avp;
}

base::Result<Checked> Checked::parse(std::string_view text, Avpops& module) {
  auto operand = Operand::parse_variable(text, module);
  if (!operand) return std::unexpected(std::move(operand.error()));
  return Checked{std::move(*operand)};
}

// Names are texts, so "a" (any) and "s" (names that are texts) are all of them too.
base::Result<AvpNames> AvpNames::parse(std::string_view text) {
  std::string_view kind = text.substr(0, text.find('/'));
  kind = base::trim(kind);
  if (kind == "*" || base::iequals(kind, "a") || base::iequals(kind, "s")) return AvpNames{};
  auto one = AvpWithFlags::parse(text);
  if (!one) return std::unexpected(std::move(one.error()));
  return AvpNames{std::move(*one)};
}

Verdict Avpops::avp_delete(RouteContext& context, Constant<AvpNames> name) {
  if (!name->one) {
    const bool had_some = !context.avps().empty();
    context.avps().clear();
    return Verdict::of(had_some);
  }
  const AvpName avp(name->one->name);
  return Verdict::of(name->one->has('g') ? context.avps().remove_all(avp) > 0 : context.avps().remove(avp));
}

namespace {

// Flags of avp_copy(): n makes a text that is an integer a number, s a number a text.
Value cast(RouteContext& context, const Value& value, const AvpWithFlags& to) {
  if (to.has('s') && value.has_integer()) return Value::text(context.keep(fmt::format_int(value.as_integer()).str()));
  if (!to.has('n') || value.has_integer()) return value;
  const auto number = base::parse_number<std::int64_t>(base::trim(value.as_text()));
  return number ? Value::integer(*number) : value;
}

}  // namespace

Verdict Avpops::avp_copy(RouteContext& context, Constant<AvpWithFlags> from_avp, Constant<AvpWithFlags> to_avp) {
  const AvpName from(from_avp->name);
  const AvpName to(to_avp->name);
  const std::size_t count = context.avps().count(from);
  if (count == 0) return kFalse;
  const std::size_t copied = to_avp->has('g') ? count : 1;
  std::vector<Value> values;
  for (std::size_t i = 0; i < copied; ++i) values.push_back(context.avps().get(from, static_cast<int>(i)));
  if (to_avp->has('d')) {
    for (std::size_t i = 0; i < copied; ++i) context.avps().remove(from);
  }
  for (auto value = values.rbegin(); value != values.rend(); ++value)
    context.avps().push(to, cast(context, *value, *to_avp));
  return kTrue;
}

// e: empty; s: a text; n: a number.
Verdict Avpops::is_avp_set(RouteContext& context, Constant<AvpWithFlags> name) {
  const Value value = context.avps().get(AvpName(name->name));
  if (value.is_null()) return kFalse;
  const bool is_number = value.has_integer();
  if (name->has('e')) return Verdict::of(is_number ? value.as_integer() == 0 : value.as_text().empty());
  if (name->has('s')) return Verdict::of(!is_number);
  if (name->has('n')) return Verdict::of(is_number);
  return kTrue;
}

Verdict Avpops::avp_print(RouteContext& context) {
  context.avps().for_each([](std::string_view name, const Value& value) {
    log::info("$avp({}) = {}", name,
              value.has_text() ? std::string(value.as_text()) : fmt::format_int(value.as_integer()).str());
  });
  return kTrue;
}

}  // namespace carillon::avpops
