// SPDX-License-Identifier: Apache-2.0
// Variables about where the message came from and the sockets. See variables.h.
#include <fmt/format.h>

#include "modules/core/core.h"
#include "modules/core/variables.h"

namespace carillon::core {
namespace {

using namespace module;
using script::Value;
using script::VariableRef;

// A request of ours and that of a timer came from nowhere.
Value read_source_address(RouteContext& context, const VariableRef& /*ref*/) {
  if (context.flow().remote.address.family() == base::Family::Unspecified) return Value::null();
  return Value::text(context.keep(context.flow().remote.address.to_string()));
}

Value read_source_port(RouteContext& context, const VariableRef& /*ref*/) {
  if (context.flow().remote.address.family() == base::Family::Unspecified) return Value::null();
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
  if (field == "anycast") return Value::integer(listener.anycast ? 1 : 0);
  if (field == "af") return Value::text(listener.local.address.is_v6() ? "INET6" : "INET");
  return Value::null();
}

Value read_socket_in(RouteContext& context, const VariableRef& ref) {
  const transport::Listener* listener = listener_at(context, context.flow().listener);
  return listener != nullptr ? socket_field(context, *listener, ref.sub_name) : Value::null();
}

// What was forced may be a bond, of which only the name is known until a member is chosen.
Value read_socket_out(RouteContext& context, const VariableRef& ref) {
  const transport::ListenerId wanted = context.request_target().socket;
  const std::string_view name = context.proxy().transport().listener_name(wanted);
  if (ref.sub_name == "forced") return text_or_null(name);
  if (name.empty()) return read_socket_in(context, ref);
  if (ref.sub_name.empty()) return Value::text(name);
  const transport::Listener* forced = listener_at(context, wanted);
  return forced != nullptr ? socket_field(context, *forced, ref.sub_name) : Value::null();
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

// --- 3.x and older: one variable for each field

template <std::string_view const& field>
Value read_received_on(RouteContext& context, const VariableRef& /*ref*/) {
  const transport::Listener* listener = listener_at(context, context.flow().listener);
  return listener != nullptr ? socket_field(context, *listener, field) : Value::null();
}

Value read_forced_socket(RouteContext& context, const VariableRef& /*ref*/) {
  return text_or_null(context.proxy().transport().listener_name(context.request_target().socket));
}

// What a PROXY header said: none is read.
Value read_proxy_protocol(RouteContext& /*context*/, const VariableRef& /*ref*/) { return Value::null(); }

base::Result<script::Constant> check_proxy_field(const Value& literal, void* /*owner*/) {
  static constexpr std::string_view kFields[] = {"src_ip", "src_port", "dst_ip", "dst_port", "af"};
  for (const std::string_view field : kFields) {
    if (field == literal.as_text()) return script::Constant{};
  }
  return base::fail("a PROXY header has the fields src_ip, src_port, dst_ip, dst_port and af");
}

constexpr std::string_view kIp = "ip";
constexpr std::string_view kPort = "port";
constexpr std::string_view kProto = "proto";
constexpr std::string_view kFamily = "af";

constexpr VariableTraits kSocketFields{.sub_name = script::SubName::Optional, .compile_sub_name = &check_socket_field};

constexpr VariableTraits kProxyFields{.sub_name = script::SubName::Required, .compile_sub_name = &check_proxy_field};

constexpr auto kRows = std::to_array({
    variable<&read_source_address>("si", "Address the message came from."),
    variable<&read_source_address>("src_ip", "Address the message came from."),
    variable<&read_source_port>("sp", "Port the message came from."),
    variable<&read_socket_in>("socket_in", "The socket it arrived at; a field of it.", kSocketFields),
    variable<&read_socket_out, &write_socket_out>("socket_out", "The socket it leaves from; a field of it.",
                                                  kSocketFields),
    variable<&read_proxy_protocol>("proxy_protocol", "A field of the PROXY header; NULL: none is read.", kProxyFields),
    older("$socket_in(ip)", variable<&read_received_on<kIp>>("Ri", "3.x spelling of $socket_in(ip).")),
    older("$socket_in(port)", variable<&read_received_on<kPort>>("Rp", "3.x spelling of $socket_in(port).")),
    older("$socket_in(proto)", variable<&read_received_on<kProto>>("pr", "3.x spelling of $socket_in(proto).")),
    older("$socket_in(proto)", variable<&read_received_on<kProto>>("proto", "3.x spelling of $socket_in(proto).")),
    older("$socket_in(af)", variable<&read_received_on<kFamily>>("af", "3.x spelling of $socket_in(af).")),
    older("$socket_out, $socket_out(forced)", variable<&read_forced_socket, &write_socket_out>(
                                                  "fs", "3.x spelling of $socket_out(forced), to be written.")),
});

}  // namespace

const std::span<const VariableDecl> kSocketVariables = kRows;

}  // namespace carillon::core
