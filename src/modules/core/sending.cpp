// SPDX-License-Identifier: Apache-2.0
// Core functions about where and how a message is sent, and those that only make texts. See core.h.
#include <fmt/format.h>

#include "base/log.h"
#include "base/strings.h"
#include "base/traffic_class.h"
#include "module/services.h"
#include "modules/core/core.h"
#include "routing/identity.h"
#include "routing/outgoing_request.h"
#include "sip/header_lines.h"

namespace carillon::core {

using namespace module;

base::Result<Destination> Destination::parse(std::string_view text) {
  auto target = routing::parse_destination(text);
  if (!target) return std::unexpected(target.error());
  return Destination{std::move(*target)};
}

base::Result<ViaHandling> ViaHandling::parse(std::string_view text) {
  ViaHandling handling;
  while (!text.empty()) {
    const std::string_view name = base::trim(base::take_until(text, ','));
    if (name == "force-rport") {
      handling.force_rport = true;
    } else if (name == "add-local-rport") {
      handling.add_local_rport = true;
    } else if (name == "force-tcp-alias") {
      handling.force_tcp_alias = true;
    } else if (name == "reply-to-via") {
      handling.reply_to_via = true;
    } else if (!name.empty()) {
      return base::fail(fmt::format("unknown flag '{}'", name));
    }
  }
  return handling;
}

base::Task<Verdict> Core::forward(RouteContext& context, std::optional<Parsed<Destination>> destination) {
  std::optional<transport::Target> target;
  if (destination) target = (*destination)->target;
  co_return co_await context.proxy().forward(context, std::move(target));
}

base::Task<Verdict> Core::send(RouteContext& context, Parsed<Destination> destination,
                               std::optional<std::string_view> headers) {
  const std::string_view lines = headers.value_or("");
  if (!lines.empty() && !sip::are_header_lines(lines)) co_return kFalse;
  co_return co_await context.proxy().send(context, destination->target, lines);
}

Verdict Core::force_send_socket(RouteContext& context, std::string_view socket) {
  const transport::Listener* listener = context.proxy().transport().find_listener(socket);
  if (listener == nullptr) return kFalse;
  context.request_target().socket = listener->id;
  return kTrue;
}

Verdict Core::set_advertised_address(RouteContext& context, std::string_view address) {
  if (address.find_first_of(" \t\r\n;,<>\"") != std::string_view::npos) return kFalse;
  context.decision.advertised_address = context.keep(address);
  return kTrue;
}

Verdict Core::set_advertised_port(RouteContext& context, int port) {
  if (port < 1 || port > 65535) return kFalse;
  context.decision.advertised_port = static_cast<std::uint16_t>(port);
  return kTrue;
}

Verdict Core::force_rport(RouteContext& context) {
  context.stored()->force_rport();
  return kTrue;
}

Verdict Core::add_local_rport(RouteContext& context) {
  context.decision.add_local_rport = true;
  return kTrue;
}

Verdict Core::force_tcp_alias(RouteContext& context, std::optional<int> port) {
  const transport::Flow& flow = context.flow();
  if (flow.connection == transport::ConnectionId::None) return kFalse;
  const int alias = port.value_or(context.message().top_via().port.value_or(5060));
  if (alias < 1 || alias > 65535) return kFalse;
  context.proxy().transport().add_alias(flow.connection, static_cast<std::uint16_t>(alias));
  return kTrue;
}

Verdict Core::set_via_handling(RouteContext& context, const Parsed<ViaHandling>& handling) {
  if (handling->force_rport) context.stored()->force_rport();
  if (handling->reply_to_via) context.stored()->reply_to_via();
  if (handling->add_local_rport) context.decision.add_local_rport = true;
  return handling->force_tcp_alias ? force_tcp_alias(context, std::nullopt) : kTrue;
}

Verdict Core::is_myself(RouteContext& context, std::string_view host, std::optional<int> port) {
  return Verdict::of(context.proxy().identity().is_myself(host, static_cast<std::uint16_t>(port.value_or(0))));
}

// By its number, its peer's "ip:port", or that with the protocol in front.
Verdict Core::tcp_close_conn(RouteContext& context, std::string_view connection) {
  transport::TransportLayer& transport = context.proxy().transport();
  const std::string_view text = base::trim(connection);
  if (const auto id = base::parse_number<std::uint64_t>(text)) {
    return Verdict::of(*id != 0 && transport.close(transport::ConnectionId{*id}));
  }
  std::string_view rest = text;
  std::optional<transport::Protocol> protocol = transport::parse_protocol(base::take_until(rest, ':'));
  if (!protocol) rest = text;
  const auto peer = base::Endpoint::parse(rest);
  if (!peer) {
    log::error("tcp_close_conn(): '{}' is neither a number nor [proto:]ip:port", text);
    return kFalse;
  }
  bool closed = false;
  for (const transport::ConnectionInfo& one : transport.connections()) {
    if (one.state == transport::ConnectionInfo::State::Closing) continue;
    const bool wanted = one.flow.remote == *peer && (!protocol || one.flow.protocol == *protocol);
    if (wanted && transport.close(one.flow.connection)) closed = true;
  }
  return Verdict::of(closed);
}

Verdict Core::socket_belongs_to_bond(RouteContext& context, std::string_view socket, std::string_view bond) {
  const transport::TransportLayer& transport = context.proxy().transport();
  const transport::Listener* listener = transport.find_listener(socket);
  return Verdict::of(listener != nullptr && transport.is_in_bond(listener->id, bond));
}

std::uint32_t Core::id_of(RouteContext& context) {
  if (context.id == 0) {
    const shard::Shard& shard = context.proxy().shard();
    context.id = ++last_ids_[shard] * shard::kShards + shard.id();
  }
  return context.id;
}

namespace {

// "Server: name" as OpenSIPS writes it, or the name alone.
std::string header_value(std::string_view header, const std::string& usual) {
  if (header.empty()) return usual;
  const std::size_t colon = header.find(':');
  return std::string(base::trim(colon == std::string_view::npos ? header : header.substr(colon + 1)));
}

}  // namespace

base::Result<> Core::start(Services& services) {
  started_at_ = services.clock.unix_seconds();
  clock_ = &services.clock;
  events_ = &services.events;
  modules_ = &services.modules;
  status_reports_ = services.status_reports;
  shards_ = &services.shards;
  key_values_ = &services.key_values;
  routing::ProxySettings& proxy = services.proxy_settings;
  proxy.disable_503_translation = settings.disable_503_translation;
  proxy.xlog_level = settings.xlog_level;
  proxy.abort_on_assert = settings.abort_on_assert;
  proxy.sip_warning = settings.sip_warning;
  proxy.slow_message = settings.exec_msg_threshold;
  proxy.check_proxy_require = settings.check_proxy_require;
  proxy.forward_unmatched_responses = !settings.disable_stateless_fwd;
  proxy.advertised_address = settings.advertised_address;
  proxy.advertised_port = static_cast<std::uint16_t>(settings.advertised_port);
  proxy.server = settings.server_signature ? header_value(settings.server_header, proxy.server) : std::string();
  proxy.user_agent =
      settings.server_signature ? header_value(settings.user_agent_header, proxy.user_agent) : std::string();
  proxy.blacklists = &blacklists_;
  proxy.dns_blacklist = !settings.disable_dns_blacklist;
  return find_connection_flags(proxy);
}

// tcp_no_new_conn_bflag and tcp_no_new_conn_rplflag.
base::Result<> Core::find_connection_flags(routing::ProxySettings& proxy) {
  using routing::FlagSpace;
  if (!settings.tcp_no_new_conn_bflag.empty()) {
    const auto mask = flag_names_.mask(FlagSpace::Branch, settings.tcp_no_new_conn_bflag);
    if (!mask) return std::unexpected(mask.error());
    proxy.connected_branches = *mask;
  }
  if (!settings.tcp_no_new_conn_rplflag.empty()) {
    const auto mask = flag_names_.mask(FlagSpace::Message, settings.tcp_no_new_conn_rplflag);
    if (!mask) return std::unexpected(mask.error());
    proxy.connected_replies = *mask;
  }
  return {};
}

// --- parameters that are more than a number or a text

base::Result<> Core::set_syslog_facility(const script::Value& value) {
  const auto number = log::syslog_facility(value.as_text());
  if (!number) return base::fail("there is no such facility of syslog");
  settings.syslog_facility = *number;
  return {};
}

base::Result<> Core::set_tos(const script::Value& value) {
  if (value.has_integer()) {
    if (value.as_integer() < 0 || value.as_integer() > 255) return base::fail("a number from 0 to 255 is expected");
    settings.tos = static_cast<int>(value.as_integer());
    return {};
  }
  const auto named = base::traffic_class(value.as_text());
  if (!named) return base::fail("IPTOS_LOWDELAY, IPTOS_THROUGHPUT, IPTOS_RELIABILITY and IPTOS_MINCOST are known");
  settings.tos = *named;
  return {};
}

base::Result<> Core::set_dns_try_ipv6(const script::Value& value) {
  settings.dns_try_ipv6 = value.as_integer() != 0;
  return {};
}

// "dns" is a list that scripts can name as soon as there is one.
base::Result<> Core::set_disable_dns_blacklist(const script::Value& value) {
  settings.disable_dns_blacklist = value.as_integer() != 0;
  if (settings.disable_dns_blacklist || blacklists_.mask("dns")) return {};
  return blacklists_.define_dynamic("dns", true);
}

}  // namespace carillon::core
