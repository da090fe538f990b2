// SPDX-License-Identifier: Apache-2.0
// Core functions about where and how a message is sent, and those that only make texts. See core.h.
#include <fmt/format.h>

#include "base/log.h"
#include "base/strings.h"
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

Verdict Core::pv_printf(RouteContext& /*context*/, Output output, std::string_view text) {
  return Verdict::of(output.assign(script::Value::text(text)));
}

Verdict Core::get_timestamp(RouteContext& context, Output seconds, Output microseconds) {
  const std::int64_t now = context.proxy().clock().unix_microseconds();
  return Verdict::of(seconds.assign(script::Value::integer(now / 1'000'000)) &&
                     microseconds.assign(script::Value::integer(now % 1'000'000)));
}

Verdict Core::avp_print(RouteContext& context) {
  context.avps().for_each([](std::string_view name, const script::Value& value) {
    log::info("$avp({}) = {}", name, value.has_text() ? value.as_text() : fmt::format_int(value.as_integer()).str());
  });
  return kTrue;
}

base::Result<> Core::set_tcp_workers(const script::Value& /*value*/) { return {}; }

std::uint32_t Core::id_of(RouteContext& context) {
  if (context.id == 0) {
    const shard::Shard& shard = context.proxy().shard();
    context.id = ++last_ids_[shard] * shard::kShards + shard.id();
  }
  return context.id;
}

base::Result<> Core::start(Services& services) {
  started_at_ = services.clock.unix_seconds();
  events_ = &services.events;
  shards_ = &services.shards;
  key_values_ = &services.key_values;
  routing::ProxySettings& proxy = services.proxy_settings;
  proxy.disable_503_translation = settings.disable_503_translation;
  proxy.xlog_level = settings.xlog_level;
  proxy.check_proxy_require = settings.check_proxy_require;
  proxy.forward_unmatched_responses = !settings.disable_stateless_fwd;
  proxy.advertised_address = settings.advertised_address;
  proxy.advertised_port = static_cast<std::uint16_t>(settings.advertised_port);
  if (!settings.server_signature) {
    proxy.server.clear();
  } else if (!settings.server_header.empty()) {
    // As OpenSIPS writes it, with the header's name.
    const std::string_view header = settings.server_header;
    const std::size_t colon = header.find(':');
    proxy.server = base::trim(colon == std::string_view::npos ? header : header.substr(colon + 1));
  }
  return {};
}

}  // namespace carillon::core
