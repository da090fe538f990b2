// SPDX-License-Identifier: Apache-2.0
// See record_route.h. Making Record-Route; following Route is loose_route.cpp.
#include "routing/record_route.h"

#include "routing/own_uri.h"
#include "routing/settings.h"

namespace carillon::routing {

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
  OwnUri entry;
  if (settings.append_fromtag) entry.from_tag = request.from_tag();
  entry.params = params;
  const base::Result<sip::Uri>& uri = request.request_uri();
  if (settings.record_route_username && uri) entry.user = uri->user;

  std::string lines;
  if (!wish.preset.empty()) {
    entry.one_of_two = !wish.preset_inbound.empty();
    entry.host_port = wish.preset;
    append_own_uri(lines, "Record-Route", entry);
    entry.host_port = wish.preset_inbound;
    if (entry.one_of_two) append_own_uri(lines, "Record-Route", entry);
    return lines;
  }
  // The topmost entry is the one the callee's side sees first (RFC 3261 section 16.6 step 4).
  entry.one_of_two = settings.double_record_route && in.id != out.id;
  const std::string out_address = own_host_port(out, decision, settings);
  entry.host_port = out_address;
  entry.protocol = out.protocol;
  append_own_uri(lines, "Record-Route", entry);
  if (entry.one_of_two) {
    const std::string in_address = own_host_port(in, decision, settings);
    entry.host_port = in_address;
    entry.protocol = in.protocol;
    append_own_uri(lines, "Record-Route", entry);
  }
  return lines;
}

}  // namespace carillon::routing
