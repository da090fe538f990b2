// SPDX-License-Identifier: Apache-2.0
// See record_route.h. Making Record-Route; following Route is loose_route.cpp.
#include "routing/record_route.h"

#include <fmt/format.h>

#include "routing/settings.h"
#include "sip/grammar.h"

namespace carillon::routing {
namespace {

// One entry: "<sip:user@host:port;lr;transport=tcp;ftag=x;r2=on>".
struct Entry {
  std::string_view user;
  std::string_view host_port;
  transport::Protocol protocol = transport::Protocol::Udp;
  std::string_view from_tag;
  std::string_view params;
  bool one_of_two = false;
};

void append_line(std::string& lines, const Entry& entry) {
  lines += "Record-Route: <sip:";
  if (!entry.user.empty()) fmt::format_to(std::back_inserter(lines), "{}@", entry.user);
  lines += entry.host_port;
  if (entry.protocol != transport::Protocol::Udp) {
    fmt::format_to(std::back_inserter(lines), ";transport={}", transport::name(entry.protocol));
  }
  if (entry.one_of_two) lines += ";r2=on";
  lines += ";lr";
  // A tag may hold what a parameter of a URI may not.
  if (!entry.from_tag.empty()) lines.append(";ftag=").append(sip::escape_param(entry.from_tag));
  lines += entry.params;
  lines += ">\r\n";
}

std::string host_port(const transport::Listener& listener, const Decision& decision, const ProxySettings& settings) {
  std::string_view host = listener.host;
  std::uint16_t port = listener.port;
  if (!decision.advertised_address.empty()) {
    host = decision.advertised_address;
  } else if (!listener.advertised && !settings.advertised_address.empty()) {
    host = settings.advertised_address;
  }
  if (decision.advertised_port != 0) {
    port = decision.advertised_port;
  } else if (!listener.advertised && settings.advertised_port != 0) {
    port = settings.advertised_port;
  }
  return port == transport::default_port(listener.protocol) ? std::string(host) : fmt::format("{}:{}", host, port);
}

}  // namespace

bool record_route(RouteContext& context, std::string_view params) {
  Decision& decision = context.decision;
  if (decision.record_route) return false;
  decision.record_route.emplace().params = params;
  return true;
}

bool record_route_preset(RouteContext& context, std::string_view preset, std::string_view inbound) {
  if (!record_route(context, {})) return false;
  context.decision.record_route->preset = preset;
  context.decision.record_route->preset_inbound = inbound;
  return true;
}

std::string record_route_lines(const sip::Message& request, const Decision& decision, const ProxySettings& settings,
                               const transport::Listener& in, const transport::Listener& out) {
  const RecordRouteWish& wish = *decision.record_route;
  const std::string params = wish.params + decision.record_route_params;
  Entry entry;
  if (settings.append_fromtag) entry.from_tag = request.from_tag();
  entry.params = params;
  const base::Result<sip::Uri>& uri = request.request_uri();
  if (settings.record_route_username && uri) entry.user = uri->user;

  std::string lines;
  if (!wish.preset.empty()) {
    entry.one_of_two = !wish.preset_inbound.empty();
    entry.host_port = wish.preset;
    append_line(lines, entry);
    entry.host_port = wish.preset_inbound;
    if (entry.one_of_two) append_line(lines, entry);
    return lines;
  }
  // The topmost entry is the one the callee's side sees first (RFC 3261 section 16.6 step 4).
  entry.one_of_two = settings.double_record_route && in.id != out.id;
  const std::string out_address = host_port(out, decision, settings);
  entry.host_port = out_address;
  entry.protocol = out.protocol;
  append_line(lines, entry);
  if (entry.one_of_two) {
    const std::string in_address = host_port(in, decision, settings);
    entry.host_port = in_address;
    entry.protocol = in.protocol;
    append_line(lines, entry);
  }
  return lines;
}

}  // namespace carillon::routing
