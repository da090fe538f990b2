// SPDX-License-Identifier: Apache-2.0
// Record-Route and Route (RFC 3261 sections 16.4, 16.6 and 16.12): staying in a dialog's path, and following it.
#pragma once

#include <string>
#include <string_view>

#include "routing/route_context.h"
#include "transport/listener.h"

namespace carillon::routing {

struct ProxySettings;
class Identity;

// Asks for Record-Route; false when the request already has one asked for. `params`: ";name=value...", may be empty.
bool record_route(RouteContext& context, std::string_view params);
// The same with "host:port" texts instead of our sockets; `inbound` may be empty.
bool record_route_preset(RouteContext& context, std::string_view preset, std::string_view inbound);

// The header lines that `decision` (of the request or of one branch) wishes for `request`, which came by `in` and
// leaves by `out`: two, when socket or protocol change, so that each side finds the socket it knows (";r2=on").
[[nodiscard]] std::string record_route_lines(const sip::Message& request, const Decision& decision,
                                             const ProxySettings& settings, const transport::Listener& in,
                                             const transport::Listener& out);

// Acts on the Route headers (RFC 3261 section 16.4): consumes our own entries, both of a double Record-Route, sets the
// next hop, and undoes what a strict router did. False when there was no Route, or only our own in a request outside a
// dialog (a preloaded route that says nothing).
bool loose_route(RouteContext& context);

enum class Direction : std::uint8_t { Downstream, Upstream };
// Downstream: from the caller to the callee, told by comparing ;ftag= of the Route consumed with the From tag.
[[nodiscard]] bool is_direction(const RouteContext& context, Direction direction);

}  // namespace carillon::routing
