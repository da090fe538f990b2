// SPDX-License-Identifier: Apache-2.0
// $DLG_... and $dlg_val(). See dialogs.h.
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <limits>

#include "modules/dialog/dialogs.h"
#include "routing/flag_names.h"
#include "routing/proxy.h"
#include "transport/transport_layer.h"

namespace carillon::dialog {

using management::Json;
using routing::FlagSpace;
using script::Value;
using script::VariableRef;

namespace {

std::string local_time(std::int64_t seconds) {
  const std::time_t moment = seconds;
  std::tm local{};
  localtime_r(&moment, &local);
  char text[32];
  return {text, std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local)};
}

Json leg_json(const Leg& leg, std::string socket) {
  Json object = Json::object();
  object.add("tag", leg.tag);
  object.add("contact", leg.contact);
  object.add("cseq", std::to_string(leg.cseq));
  object.add("route_set", leg.route_set);
  object.add("bind_addr", std::move(socket));
  return object;
}

base::Result<std::uint32_t> seconds_of(const Value& value) {
  if (!value.has_integer() || value.as_integer() < 0 || value.as_integer() > std::numeric_limits<std::int32_t>::max()) {
    return base::fail("must be a number of seconds");
  }
  return static_cast<std::uint32_t>(value.as_integer());
}

constexpr std::string_view kNoDialog = "there is no dialog here";

}  // namespace

// --- read only -------------------------------------------------------------------------------------------------------

Value Dialogs::read_count(RouteContext& /*context*/, const VariableRef& /*ref*/) {
  return Value::integer(std::max<std::int64_t>(tracked_dialogs.value(), 0));
}

Value Dialogs::read_lifetime(RouteContext& context, const VariableRef& /*ref*/) {
  const Dialog* dialog = current(context);
  return dialog != nullptr ? Value::integer(dialog->seconds(now_us())) : Value::null();
}

Value Dialogs::read_status(RouteContext& context, const VariableRef& /*ref*/) {
  const Dialog* dialog = current(context);
  return dialog != nullptr ? Value::integer(static_cast<int>(dialog->state)) : Value::null();
}

Value Dialogs::read_direction(RouteContext& context, const VariableRef& /*ref*/) {
  const DialogUse* use = find_use(context);
  if (use == nullptr || use->dialog() == nullptr) return Value::null();
  return Value::text(use->to() == Side::Callee ? "DOWNSTREAM" : "UPSTREAM");
}

Value Dialogs::read_did(RouteContext& context, const VariableRef& /*ref*/) {
  const Dialog* dialog = current(context);
  if (dialog == nullptr) return Value::null();
  return Value::text(context.keep(std::to_string(dialog->id.packed())));
}

Value Dialogs::read_end_reason(RouteContext& context, const VariableRef& /*ref*/) {
  const Dialog* dialog = current(context);
  const std::string_view reason = dialog != nullptr ? text_of(dialog->end_reason) : std::string_view{};
  return reason.empty() ? Value::null() : Value::text(reason);
}

Value Dialogs::read_json(RouteContext& context, const VariableRef& /*ref*/) {
  Dialog* dialog = current(context);
  return dialog != nullptr ? Value::text(context.keep(json_of(*dialog, Text::Brief))) : Value::null();
}

Value Dialogs::read_context_json(RouteContext& context, const VariableRef& /*ref*/) {
  Dialog* dialog = current(context);
  return dialog != nullptr ? Value::text(context.keep(json_of(*dialog, Text::WithContext))) : Value::null();
}

// --- written too -----------------------------------------------------------------------------------------------------

Value Dialogs::read_flags(RouteContext& context, const VariableRef& /*ref*/) {
  const Dialog* dialog = current(context);
  if (dialog == nullptr) return Value::null();
  return Value::text(context.keep(flag_names().names(FlagSpace::Dialog, dialog->script_flags)));
}

base::Result<> Dialogs::write_flags(RouteContext& context, const VariableRef& /*ref*/, const Value& value) {
  Dialog* dialog = current(context);
  if (dialog == nullptr) return base::fail(std::string(kNoDialog));
  change(*dialog, [this, flags = flag_names().parse(FlagSpace::Dialog, value.as_text())](Dialog& one) {
    one.script_flags = flags;
    touch(one);
  });
  return {};
}

Value Dialogs::read_timeout(RouteContext& context, const VariableRef& /*ref*/) {
  const Dialog* dialog = current(context);
  if (dialog == nullptr) return Value::null();
  base::Duration left = dialog->lifetime;
  if (dialog->is_answered()) left = dialog->expires - context.proxy().shard().now();
  if (dialog->state == State::Ended) left = {};
  // Rounded: reading at once what was written gives it back.
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(left).count();
  return Value::integer(std::max<std::int64_t>(seconds, 0));
}

base::Result<> Dialogs::write_timeout(RouteContext& context, const VariableRef& /*ref*/, const Value& value) {
  Dialog* dialog = current(context);
  if (dialog == nullptr) return base::fail(std::string(kNoDialog));
  const auto seconds = seconds_of(value);
  if (!seconds) return std::unexpected(seconds.error());
  set_timeout(*dialog, std::chrono::seconds(*seconds));
  return {};
}

Value Dialogs::read_delete_delay(RouteContext& context, const VariableRef& /*ref*/) {
  const Dialog* dialog = current(context);
  return dialog != nullptr ? Value::integer(dialog->delete_delay) : Value::null();
}

base::Result<> Dialogs::write_delete_delay(RouteContext& context, const VariableRef& /*ref*/, const Value& value) {
  Dialog* dialog = current(context);
  if (dialog == nullptr) return base::fail(std::string(kNoDialog));
  const auto seconds = seconds_of(value);
  if (!seconds) return std::unexpected(seconds.error());
  change(*dialog, [delay = *seconds](Dialog& one) { one.delete_delay = delay; });
  return {};
}

template <std::uint32_t Dialog::* Interval>
Value Dialogs::read_interval(RouteContext& context, const VariableRef& /*ref*/) {
  const Dialog* dialog = current(context);
  return dialog != nullptr ? Value::integer(dialog->*Interval) : Value::null();
}

template <std::uint32_t Dialog::* Interval>
base::Result<> Dialogs::write_interval(RouteContext& context, const VariableRef& /*ref*/, const Value& value) {
  Dialog* dialog = current(context);
  if (dialog == nullptr) return base::fail(std::string(kNoDialog));
  const auto seconds = seconds_of(value);
  if (!seconds) return std::unexpected(seconds.error());
  change(*dialog, [interval = *seconds](Dialog& one) { one.*Interval = interval; });
  return {};
}

template Value Dialogs::read_interval<&Dialog::options_interval>(RouteContext&, const VariableRef&);
template Value Dialogs::read_interval<&Dialog::reinvite_interval>(RouteContext&, const VariableRef&);
template base::Result<> Dialogs::write_interval<&Dialog::options_interval>(RouteContext&, const VariableRef&,
                                                                           const Value&);
template base::Result<> Dialogs::write_interval<&Dialog::reinvite_interval>(RouteContext&, const VariableRef&,
                                                                            const Value&);

Value Dialogs::read_value(RouteContext& context, const VariableRef& ref) {
  const Dialog* dialog = current(context);
  const DialogValue* value = dialog != nullptr ? dialog->find_value(ref.sub_name) : nullptr;
  return value != nullptr ? as_value(context, *value) : Value::null();
}

base::Result<> Dialogs::write_value(RouteContext& context, const VariableRef& ref, const Value& value) {
  Dialog* dialog = current(context);
  if (dialog == nullptr) return base::fail(std::string(kNoDialog));
  if (ref.sub_name.empty()) return base::fail("a value needs a name");
  if (!set_value(*dialog, ref.sub_name, value)) return base::fail("the values of the dialog are too long");
  return {};
}

// --- descriptions ----------------------------------------------------------------------------------------------------

std::string Dialogs::socket_name(transport::ListenerId socket) const {
  const auto listeners = services_->transport.listeners();
  const auto at = static_cast<std::size_t>(socket);
  return at < listeners.size() ? listeners[at].name : std::string();
}

// As dlg_list has it. The CSeq numbers stand where OpenSIPS puts them: those a side has sent, with the other one.
Json Dialogs::describe(const Dialog& dialog, Text text) const {
  const std::int64_t expires = expiry_of(dialog);
  Json object = Json::object();
  object.add("ID", std::to_string(dialog.id.packed()));
  object.add("state", static_cast<int>(dialog.state));
  object.add("user_flags", flag_names().names(FlagSpace::Dialog, dialog.script_flags));
  object.add("timestart", dialog.started / 1'000'000);
  if (dialog.started != 0) object.add("datestart", local_time(dialog.started / 1'000'000));
  object.add("timeout", expires);
  if (expires != 0) object.add("dateout", local_time(expires));
  object.add("callid", dialog.call_id);
  object.add("from_uri", dialog.from_uri);
  object.add("to_uri", dialog.to_uri);
  object.add("caller_tag", dialog.caller.tag);
  object.add("caller_contact", dialog.caller.contact);
  object.add("callee_cseq", std::to_string(dialog.caller.cseq));
  object.add("caller_route_set", dialog.caller.route_set);
  object.add("caller_bind_addr", socket_name(dialog.caller.socket));
  Json& callees = object.add("CALLEES", Json::array());
  const auto add_callee = [this, &callees](const Leg& leg) {
    Json callee = Json::object();
    callee.add("callee_tag", leg.tag);
    callee.add("callee_contact", leg.contact);
    callee.add("caller_cseq", std::to_string(leg.cseq));
    callee.add("callee_route_set", leg.route_set);
    callee.add("callee_bind_addr", socket_name(leg.socket));
    callees.push_back(std::move(callee));
  };
  for (const Leg& leg : dialog.early) add_callee(leg);
  if (!dialog.callee.tag.empty()) add_callee(dialog.callee);
  if (text == Text::WithContext) object.add("context", context_of(dialog));
  return object;
}

Json Dialogs::context_of(const Dialog& dialog) const {
  Json object = Json::object();
  Json values = Json::array();
  for (const DialogValue& value : dialog.values) {
    Json one = Json::object();
    one.add(value.name, value.number ? Json(*value.number) : Json(value.text));
    values.push_back(std::move(one));
  }
  object.add("values", std::move(values));
  Json profiles = Json::array();
  for (const Membership& membership : dialog.profiles) {
    Json one = Json::object();
    one.add(profiles_[membership.profile].name, membership.value);
    profiles.push_back(std::move(one));
  }
  object.add("profiles", std::move(profiles));
  return object;
}

std::int64_t Dialogs::expiry_of(const Dialog& dialog) const {
  if (!dialog.is_answered()) return 0;
  const auto left = std::chrono::ceil<std::chrono::seconds>(dialog.expires - services_->clock.now());
  return services_->clock.unix_seconds() + left.count();
}

// As $DLG_json has it.
std::string Dialogs::json_of(Dialog& dialog, Text text) const {
  Json object = Json::object();
  object.add("ID", std::to_string(dialog.id.packed()));
  object.add("state", static_cast<int>(dialog.state));
  object.add("user_flags", flag_names().names(FlagSpace::Dialog, dialog.script_flags));
  object.add("timestart", dialog.started / 1'000'000);
  object.add("timeout", expiry_of(dialog));
  object.add("callid", dialog.call_id);
  object.add("from_uri", dialog.from_uri);
  object.add("to_uri", dialog.to_uri);
  object.add("caller", leg_json(dialog.caller, socket_name(dialog.caller.socket)));
  Json& callees = object.add("callees", Json::array());
  for (const Leg& leg : dialog.early) callees.push_back(leg_json(leg, socket_name(leg.socket)));
  if (!dialog.callee.tag.empty()) callees.push_back(leg_json(dialog.callee, socket_name(dialog.callee.socket)));
  if (text == Text::WithContext) object.add("context", context_of(dialog));
  return object.text();
}

}  // namespace carillon::dialog
