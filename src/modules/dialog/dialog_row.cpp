// SPDX-License-Identifier: Apache-2.0
// See dialog_row.h.
#include "modules/dialog/dialog_row.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "modules/dialog/pair_text.h"
#include "routing/flag_names.h"
#include "transport/transport_layer.h"

namespace carillon::dialog {
namespace {

using routing::FlagSpace;
using storage::Null;
using storage::Value;

constexpr std::int64_t kMicroseconds = 1'000'000;

// Positions in a row, as names() gives them.
enum Cell : std::size_t {
  kDlgId,
  kCallId,
  kFromUri,
  kFromTag,
  kToUri,
  kToTag,
  kMangledFromUri,
  kMangledToUri,
  kCallerCSeq,
  kCalleeCSeq,
  kCallerPingCSeq,
  kCalleePingCSeq,
  kCallerRouteSet,
  kCalleeRouteSet,
  kCallerContact,
  kCalleeContact,
  kCallerSock,
  kCalleeSock,
  kState,
  kStartTime,
  kTimeout,
  kVars,
  kProfiles,
  kScriptFlags,
  kModuleFlags,
  kFlags,
  kOnAnswer,
  kOnTimeout,
  kOnHangup,
};

Value text_or_null(std::string_view text) { return text.empty() ? Value(Null{}) : Value(std::string(text)); }
Value number(std::uint64_t value) { return Value(static_cast<std::int64_t>(value)); }

// What goes into headers must not be able to end one, whoever wrote it into the table.
bool fits_header(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}
bool fits_brackets(std::string_view text) {
  return fits_header(text) && text.find_first_of(" <>\"") == std::string_view::npos;
}

std::uint32_t clamped(std::int64_t value) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(value, 0, 0xffffffffLL));
}

// The route sets and tags of one side can be written into a request.
bool is_sound(const Leg& leg) {
  return fits_brackets(leg.tag) && fits_brackets(leg.contact) && fits_header(leg.route_set) &&
         leg.tag.find_first_of(";,") == std::string::npos;
}

// What the sender has numbered so far, and how far ours are ahead of it.
void set_numbers(Leg& leg, std::string_view cseq, std::int64_t generated) {
  leg.cseq = base::parse_number<std::uint32_t>(cseq).value_or(0);
  leg.generated_cseq = clamped(generated);
  leg.shift = leg.generated_cseq > leg.cseq ? leg.generated_cseq - leg.cseq : 0;
}

}  // namespace

std::vector<std::string> DialogRow::names() const {
  const Columns& c = parts_.columns;
  return {c.dlg_id,
          c.call_id,
          c.from_uri,
          c.from_tag,
          c.to_uri,
          c.to_tag,
          "mangled_from_uri",
          "mangled_to_uri",
          c.from_cseq,
          c.to_cseq,
          "caller_ping_cseq",
          "callee_ping_cseq",
          c.from_route,
          c.to_route,
          c.from_contact,
          c.to_contact,
          c.from_sock,
          c.to_sock,
          c.state,
          c.start_time,
          c.timeout,
          c.vars,
          c.profiles,
          c.sflags,
          c.mflags,
          c.flags,
          "rt_on_answer",
          "rt_on_timeout",
          "rt_on_hangup"};
}

DialogId DialogRow::id_of(const storage::Row& row) {
  return DialogId::unpacked(static_cast<std::uint64_t>(std::max<std::int64_t>(row.integer(kDlgId), 0)));
}

std::string DialogRow::call_id_of(const storage::Row& row) { return std::string(row.text(kCallId)); }

std::string DialogRow::socket_name(transport::ListenerId socket) const {
  const auto listeners = parts_.transport.listeners();
  const auto at = static_cast<std::size_t>(socket);
  return at < listeners.size() ? listeners[at].name : std::string();
}

// One that isn't ours any more is none: then the next hop decides.
transport::ListenerId DialogRow::socket_of(std::string_view name) const {
  const transport::Listener* listener = parts_.transport.find_listener(name);
  return listener != nullptr ? listener->id : transport::ListenerId::None;
}

Value DialogRow::script_flags(std::uint32_t flags) const {
  if (parts_.flags_are_bits) return number(flags);
  return text_or_null(parts_.flag_names.names(FlagSpace::Dialog, flags));
}

// The CSeq columns are named after the leg that the requests go to, as in OpenSIPS: callee_cseq is the caller's.
std::vector<Value> DialogRow::write(const Dialog& dialog) const {
  std::string vars;
  for (const DialogValue& value : dialog.values) append_pair(vars, value.name, value.text);
  std::string profiles;
  for (const Membership& membership : dialog.profiles) {
    append_pair(profiles, parts_.profiles[membership.profile].name, membership.value);
  }
  const auto left = std::chrono::ceil<std::chrono::seconds>(dialog.expires - parts_.clock.now());
  std::vector<Value> values;
  values.reserve(kOnHangup + 1);
  values.push_back(number(dialog.id.packed()));
  values.emplace_back(dialog.call_id);
  values.emplace_back(dialog.from_uri);
  values.emplace_back(dialog.caller.tag);
  values.emplace_back(dialog.to_uri);
  values.emplace_back(dialog.callee.tag);
  values.push_back(text_or_null(dialog.mangled_from_uri));
  values.push_back(text_or_null(dialog.mangled_to_uri));
  values.emplace_back(std::to_string(dialog.caller.cseq));
  values.emplace_back(std::to_string(dialog.callee.cseq));
  values.push_back(number(dialog.caller.generated_cseq));
  values.push_back(number(dialog.callee.generated_cseq));
  values.push_back(text_or_null(dialog.caller.route_set));
  values.push_back(text_or_null(dialog.callee.route_set));
  values.push_back(text_or_null(dialog.caller.contact));
  values.push_back(text_or_null(dialog.callee.contact));
  values.emplace_back(socket_name(dialog.caller.socket));
  values.emplace_back(socket_name(dialog.callee.socket));
  values.push_back(number(static_cast<std::uint64_t>(dialog.state)));
  values.emplace_back(dialog.started / kMicroseconds);
  values.emplace_back(parts_.clock.unix_seconds() + left.count());
  values.push_back(vars.empty() ? Value(Null{}) : Value(storage::Blob{std::move(vars)}));
  values.push_back(text_or_null(profiles));
  values.push_back(script_flags(dialog.script_flags));
  values.push_back(number(dialog.module_flags));
  values.push_back(number(dialog.flags));
  values.push_back(text_or_null(dialog.on_answer));
  values.push_back(text_or_null(dialog.on_timeout));
  values.push_back(text_or_null(dialog.on_hangup));
  return values;
}

DialogRow::Loaded DialogRow::read(const storage::Row& row, Dialog& dialog) const {
  const std::int64_t state = row.integer(kState);
  if (state != static_cast<int>(State::Answered) && state != static_cast<int>(State::Confirmed)) return {};
  dialog.from_uri = row.text(kFromUri);
  dialog.to_uri = row.text(kToUri);
  dialog.mangled_from_uri = row.text(kMangledFromUri);
  dialog.mangled_to_uri = row.text(kMangledToUri);
  dialog.caller.tag = row.text(kFromTag);
  dialog.callee.tag = row.text(kToTag);
  dialog.caller.contact = row.text(kCallerContact);
  dialog.callee.contact = row.text(kCalleeContact);
  dialog.caller.route_set = row.text(kCallerRouteSet);
  dialog.callee.route_set = row.text(kCalleeRouteSet);
  dialog.caller.socket = socket_of(row.text(kCallerSock));
  dialog.callee.socket = socket_of(row.text(kCalleeSock));
  set_numbers(dialog.caller, row.text(kCallerCSeq), row.integer(kCallerPingCSeq));
  set_numbers(dialog.callee, row.text(kCalleeCSeq), row.integer(kCalleePingCSeq));
  dialog.started = std::max<std::int64_t>(row.integer(kStartTime), 0) * kMicroseconds;
  dialog.created = dialog.started;
  dialog.flags = clamped(row.integer(kFlags)) & kStoredFlags;
  dialog.module_flags = clamped(row.integer(kModuleFlags));
  const std::string flags(row.text(kScriptFlags));
  const auto bits = base::parse_number<std::uint32_t>(flags);
  dialog.script_flags = parts_.flags_are_bits ? bits.value_or(0) : parts_.flag_names.parse(FlagSpace::Dialog, flags);
  dialog.on_answer = row.text(kOnAnswer);
  dialog.on_timeout = row.text(kOnTimeout);
  dialog.on_hangup = row.text(kOnHangup);
  const std::string vars(row.text(kVars));
  std::string_view rest = vars;
  while (auto pair = take_pair(rest)) dialog.put_value(pair->name, script::Value::text(pair->value));
  const std::string profiles(row.text(kProfiles));
  rest = profiles;
  while (auto pair = take_pair(rest)) {
    // OpenSIPS writes the suffix of a shared profile behind its name.
    const std::string_view name = std::string_view(pair->name).substr(0, pair->name.find('/'));
    const auto profile = parts_.profiles.find(name);
    if (profile) dialog.profiles.push_back({.profile = *profile, .value = std::move(pair->value)});
  }
  const bool sound = is_sound(dialog.caller) && is_sound(dialog.callee) && fits_brackets(dialog.from_uri) &&
                     fits_brackets(dialog.to_uri) && fits_brackets(dialog.mangled_from_uri) &&
                     fits_brackets(dialog.mangled_to_uri) && fits_header(dialog.call_id) && !dialog.call_id.empty() &&
                     !dialog.caller.tag.empty() && dialog.id.number != 0;
  dialog.state = static_cast<State>(state);
  return {.usable = sound, .timeout = row.integer(kTimeout)};
}

}  // namespace carillon::dialog
