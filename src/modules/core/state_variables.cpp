// SPDX-License-Identifier: Apache-2.0
// Variables about sockets, time, flags, branches and the process: what is known beside the message. See variables.h.
#include <fmt/format.h>
#include <sys/types.h>
#include <unistd.h>

#include <ctime>

#include "modules/core/core.h"
#include "modules/core/variables.h"
#include "sip/contact.h"

namespace carillon::core {
namespace {

using namespace module;
using routing::FlagSpace;
using routing::RequestTarget;
using script::Index;
using script::Value;
using script::VariableRef;

Value text_or_null(std::string_view text) { return text.empty() ? Value::null() : Value::text(text); }

Value number(RouteContext& context, std::int64_t value) {
  return Value::both(context.keep(fmt::format_int(value).str()), value);
}

Core& core_of(const VariableRef& ref) { return *static_cast<Core*>(ref.declaration->owner); }

// --- where the message came from, and the sockets

Value read_source_address(RouteContext& context, const VariableRef& /*ref*/) {
  return Value::text(context.keep(context.flow().remote.address.to_string()));
}

Value read_source_port(RouteContext& context, const VariableRef& /*ref*/) {
  return number(context, context.flow().remote.port);
}

Value socket_field(RouteContext& context, const transport::Listener& listener, std::string_view field) {
  if (field.empty()) return Value::text(listener.name);
  if (field == "ip") return Value::text(context.keep(listener.local.address.to_string()));
  if (field == "port") return number(context, listener.local.port);
  if (field == "proto") return Value::text(transport::name(listener.protocol));
  if (field == "advertised_ip") return listener.advertised ? Value::text(listener.host) : Value::null();
  if (field == "advertised_port") return listener.advertised ? number(context, listener.port) : Value::null();
  if (field == "tag") return text_or_null(listener.tag);
  if (field == "anycast") return Value::integer(0);
  if (field == "af") return Value::text(listener.local.address.is_v6() ? "INET6" : "INET");
  return Value::null();
}

const transport::Listener* listener_at(RouteContext& context, transport::ListenerId id) {
  const auto listeners = context.proxy().transport().listeners();
  const auto index = static_cast<std::size_t>(id);
  return index < listeners.size() ? &listeners[index] : nullptr;
}

Value read_socket_in(RouteContext& context, const VariableRef& ref) {
  const transport::Listener* listener = listener_at(context, context.flow().listener);
  return listener != nullptr ? socket_field(context, *listener, ref.sub_name) : Value::null();
}

Value read_socket_out(RouteContext& context, const VariableRef& ref) {
  const transport::Listener* forced = listener_at(context, context.request_target().socket);
  if (ref.sub_name == "forced") return forced != nullptr ? Value::text(forced->name) : Value::null();
  if (forced != nullptr) return socket_field(context, *forced, ref.sub_name);
  return read_socket_in(context, ref);
}

base::Result<> write_socket_out(RouteContext& context, const VariableRef& /*ref*/, const Value& value) {
  if (value.is_null()) {
    context.request_target().socket = transport::ListenerId::None;
    return {};
  }
  const transport::Listener* listener = context.proxy().transport().find_listener(value.as_text());
  if (listener == nullptr) return base::fail(fmt::format("no socket '{}'", value.as_text()));
  context.request_target().socket = listener->id;
  return {};
}

base::Result<script::Constant> check_socket_field(const Value& literal, void* /*owner*/) {
  static constexpr std::string_view kFields[] = {"ip",  "port",    "proto", "advertised_ip", "advertised_port",
                                                 "tag", "anycast", "af",    "forced"};
  for (const std::string_view field : kFields) {
    if (field == literal.as_text()) return script::Constant{};
  }
  return base::fail("a socket has the fields ip, port, proto, advertised_ip, advertised_port, tag, anycast and af");
}

// --- time

Value read_seconds(RouteContext& context, const VariableRef& /*ref*/) {
  return number(context, context.proxy().clock().unix_seconds());
}

Value read_microseconds(RouteContext& context, const VariableRef& /*ref*/) {
  return number(context, context.proxy().clock().unix_microseconds() % 1'000'000);
}

Value format_time(RouteContext& context, const char* format) {
  const std::time_t now = context.proxy().clock().unix_seconds();
  std::tm local{};
  localtime_r(&now, &local);
  char text[256];
  const std::size_t size = std::strftime(text, sizeof(text), format, &local);
  return size == 0 ? Value::null() : Value::text(context.keep({text, size}));
}

Value read_ctime(RouteContext& context, const VariableRef& /*ref*/) {
  return format_time(context, "%a %b %e %H:%M:%S %Y");
}

Value read_time(RouteContext& context, const VariableRef& ref) {
  return format_time(context, std::string(ref.sub_name).c_str());
}

// --- flags and branches

Value read_message_flags(RouteContext& context, const VariableRef& ref) {
  const std::string names = core_of(ref).flag_names().names(FlagSpace::Message, context.decision.flags);
  return text_or_null(context.keep(names));
}

Value read_message_flag(RouteContext& context, const VariableRef& ref) {
  const auto mask = core_of(ref).flag_names().mask(FlagSpace::Message, ref.sub_name);
  return Value::integer(mask && (context.decision.flags & *mask) != 0 ? 1 : 0);
}

base::Result<> write_message_flag(RouteContext& context, const VariableRef& ref, const Value& value) {
  const auto mask = core_of(ref).flag_names().mask(FlagSpace::Message, ref.sub_name);
  if (!mask) return std::unexpected(mask.error());
  std::uint32_t& flags = context.decision.flags;
  flags = value.is_true() ? flags | *mask : flags & ~*mask;
  if (context.transaction != nullptr && context.kind() != script::RouteKind::Request)
    context.transaction->flags = flags;
  return {};
}

// Index 0 is the Request-URI; without an index the branch added last.
RequestTarget* target_of(RouteContext& context, const Index& index) {
  routing::TargetSet& targets = context.decision.targets;
  if (index.kind != Index::Kind::At) return &targets.back();
  const auto size = static_cast<std::int32_t>(targets.size());
  const std::int32_t at = index.at < 0 ? index.at + size : index.at;
  return at >= 0 && at < size ? &targets[static_cast<std::size_t>(at)] : nullptr;
}

template <std::string_view RequestTarget::* member>
Value read_branch_text(RouteContext& context, const VariableRef& ref) {
  const RequestTarget* target = target_of(context, ref.index);
  return target != nullptr ? text_or_null(target->*member) : Value::null();
}

template <std::string_view RequestTarget::* member>
base::Result<> write_branch_text(RouteContext& context, const VariableRef& ref, const Value& value) {
  RequestTarget* target = target_of(context, ref.index);
  if (target == nullptr) return base::fail("no such branch");
  if (!value.is_null() && !value.has_text()) return base::fail("a text is expected");
  if (member == &RequestTarget::uri && !sip::Uri::parse(value.as_text())) return base::fail("not a URI");
  target->*member = context.keep(value.as_text());
  return {};
}

Value read_branch_q(RouteContext& context, const VariableRef& ref) {
  const RequestTarget* target = target_of(context, ref.index);
  return target != nullptr && target->q ? number(context, *target->q) : Value::null();
}

base::Result<> write_branch_q(RouteContext& context, const VariableRef& ref, const Value& value) {
  RequestTarget* target = target_of(context, ref.index);
  if (target == nullptr) return base::fail("no such branch");
  if (value.is_null()) {
    target->q.reset();
    return {};
  }
  if (value.as_integer() < 0 || value.as_integer() > 1000) return base::fail("q is a number from 0 to 1000");
  target->q = static_cast<std::uint16_t>(value.as_integer());
  return {};
}

Value read_branch_flags(RouteContext& context, const VariableRef& ref) {
  const RequestTarget* target = target_of(context, ref.index);
  if (target == nullptr) return Value::null();
  return text_or_null(context.keep(core_of(ref).flag_names().names(FlagSpace::Branch, target->flags)));
}

Value read_branch_flag(RouteContext& context, const VariableRef& ref) {
  const RequestTarget* target = target_of(context, ref.index);
  const auto mask = core_of(ref).flag_names().mask(FlagSpace::Branch, ref.sub_name);
  return Value::integer(target != nullptr && mask && (target->flags & *mask) != 0 ? 1 : 0);
}

base::Result<> write_branch_flag(RouteContext& context, const VariableRef& ref, const Value& value) {
  RequestTarget* target = target_of(context, ref.index);
  const auto mask = core_of(ref).flag_names().mask(FlagSpace::Branch, ref.sub_name);
  if (target == nullptr || !mask) return base::fail("no such branch or flag");
  target->flags = value.is_true() ? target->flags | *mask : target->flags & ~*mask;
  return {};
}

Value read_last_branch(RouteContext& context, const VariableRef& /*ref*/) {
  return Value::integer(static_cast<std::int64_t>(context.decision.targets.size()) - 1);
}

// Reading gives the URI of the last branch, writing adds one.
base::Result<> append_branch(RouteContext& context, const VariableRef& /*ref*/, const Value& value) {
  if (!value.has_text() || !sip::Uri::parse(value.as_text())) return base::fail("not a URI");
  if (context.decision.targets.size() > routing::kMaxBranches) return base::fail("too many branches");
  context.decision.targets.push_back({.uri = context.keep(value.as_text()), .destination = {}, .path = {}, .q = {}});
  return {};
}

// The destination set as a list of Contact values.
Value read_destinations(RouteContext& context, const VariableRef& /*ref*/) {
  std::string list;
  for (const RequestTarget& target : context.decision.targets) {
    list += fmt::format("{}<{}>", list.empty() ? "" : ", ", target.uri);
    if (target.q) list += fmt::format(";q={}", sip::format_qvalue(*target.q));
  }
  return Value::text(context.keep(list));
}

// --- the process, and what went wrong

Value read_pid(RouteContext& context, const VariableRef& /*ref*/) { return number(context, ::getpid()); }

Value read_error_info(RouteContext& context, const VariableRef& /*ref*/) { return text_or_null(context.error.info); }
Value read_error_code(RouteContext& context, const VariableRef& /*ref*/) {
  return context.error.reply_code != 0 ? number(context, context.error.reply_code) : Value::null();
}
Value read_error_reason(RouteContext& context, const VariableRef& /*ref*/) {
  return text_or_null(context.error.reply_reason);
}

constexpr VariableTraits kSocketFields{.sub_name = script::SubName::Optional, .compile_sub_name = &check_socket_field};
constexpr VariableTraits kNamed{.sub_name = script::SubName::Required};
constexpr VariableTraits kBranch{.indexable = true};
constexpr VariableTraits kNamedBranch{.sub_name = script::SubName::Required, .indexable = true};

constexpr auto kRows = std::to_array({
    variable<&read_source_address>("si", "Address the message came from."),
    variable<&read_source_address>("src_ip", "Address the message came from."),
    variable<&read_source_port>("sp", "Port the message came from."),
    variable<&read_socket_in>("socket_in", "The socket it arrived at; a field of it.", kSocketFields),
    variable<&read_socket_out, &write_socket_out>("socket_out", "The socket it leaves from; a field of it.",
                                                  kSocketFields),
    variable<&read_seconds>("Ts", "Unix time, seconds."),
    variable<&read_seconds>("TS", "Unix time, seconds."),
    variable<&read_microseconds>("Tsm", "Microseconds of the current second."),
    variable<&read_ctime>("Tf", "Local time as text."),
    variable<&read_time>("time", "Local time in a strftime format.", kNamed),
    variable<&read_message_flags>("mf", "Names of the message flags that are set."),
    variable<&read_message_flag, &write_message_flag>("msg.flag", "A message flag.", kNamed),
    variable<&read_branch_text<&RequestTarget::uri>, &append_branch>(
        "msg.branch", "The URI of the last branch; assigning adds a branch."),
    variable<&read_branch_text<&RequestTarget::uri>, &write_branch_text<&RequestTarget::uri>>(
        "msg.branch.uri", "URI of a branch.", kBranch),
    variable<&read_branch_text<&RequestTarget::destination>, &write_branch_text<&RequestTarget::destination>>(
        "msg.branch.duri", "Next hop of a branch.", kBranch),
    variable<&read_branch_text<&RequestTarget::path>, &write_branch_text<&RequestTarget::path>>(
        "msg.branch.path", "Path of a branch.", kBranch),
    variable<&read_branch_q, &write_branch_q>("msg.branch.q", "q of a branch, in thousandths.", kBranch),
    variable<&read_branch_flags>("msg.branch.flags", "Names of the flags of a branch.", kBranch),
    variable<&read_branch_flag, &write_branch_flag>("msg.branch.flag", "A flag of a branch.", kNamedBranch),
    variable<&read_last_branch>("msg.branch.last_idx", "Index of the last branch."),
    variable<&read_branch_flags>("bf", "Names of the branch flags that are set.", kBranch),
    variable<&read_destinations>("ds", "The destination set as a list of Contacts."),
    variable<&read_pid>("pp", "Process id."),
    variable<&read_error_info>("err.info", "What went wrong."),
    variable<&read_error_code>("err.rcode", "The status that would fit."),
    variable<&read_error_reason>("err.rreason", "The reason phrase that would fit."),
});

}  // namespace

const std::span<const VariableDecl> kStateVariables = kRows;

}  // namespace carillon::core
