// SPDX-License-Identifier: Apache-2.0
// A request as it leaves: the received bytes with everything RFC 3261 section 16.6 has the proxy change.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "routing/route_context.h"
#include "transport/branch.h"
#include "transport/listener.h"

namespace carillon::routing {

class Proxy;

struct Outgoing {
  const RequestTarget& target;
  const Decision& decision;
  const transport::Flow& flow;
  transport::Branch branch;
  std::optional<std::uint8_t> max_breadth;  // written when set (RFC 5393 section 5.3.3)
  std::string_view more_headers;            // complete lines
  // Of a request sent statelessly: goes into our Via, so that responses find the connection again.
  transport::ConnectionId came_by = transport::ConnectionId::None;
};

// Adds to `edits` (a copy of the script's) the new Request-URI, Max-Forwards, Via, Record-Route, Route and the fix-up
// of the received top Via.
void edit_for_sending(sip::EditList& edits, RouteContext& context, const Outgoing& outgoing);

// Max-Forwards as it is to be sent; nothing when it is used up (483).
[[nodiscard]] std::optional<std::uint8_t> next_max_forwards(const RouteContext& context);

// The Unsupported header of a 420: what Proxy-Require asks of us, is not known here and was not removed by the script
// (section 16.3 step 5). Empty: nothing.
[[nodiscard]] std::string unsupported_options(const RouteContext& context);

// How many branches the request may still be forked to in all (RFC 5393 section 5.3).
[[nodiscard]] unsigned max_breadth(const RouteContext& context);

// The next hop of a target (section 16.6 step 7): its $du, else its Path, else its URI.
[[nodiscard]] base::Result<transport::Target> next_hop(const RouteContext& context, const RequestTarget& target);
// What keeps it off the blacklists that the decision goes by; null when these are empty. `uri`: its Request-URI.
[[nodiscard]] std::shared_ptr<const transport::DestinationFilter> destination_filter(const RouteContext& context,
                                                                                     const Decision& decision,
                                                                                     std::string_view uri);
// The place a sip or sips URI names.
[[nodiscard]] base::Result<transport::Target> target_of(std::string_view uri);
// "[proto:]host[:port]", as forward() and t_relay() take it.
[[nodiscard]] base::Result<transport::Target> parse_destination(std::string_view text);

// Where a response goes whose Via this is: received and rport, else sent-by (section 18.2.2, RFC 3581 section 4).
[[nodiscard]] transport::Target response_to_via(const sip::Via& via);
// The connection that a Via of ours names (Outgoing::came_by).
[[nodiscard]] transport::ConnectionId connection_of(const sip::Via& own_via);
// The socket a script or a contact names, unless it speaks another protocol than the hop: then, as in OpenSIPS, it was
// only a wish (a phone that registered over UDP may want its calls over TCP).
[[nodiscard]] transport::ListenerId usable_socket(const RouteContext& context, const transport::Target& hop,
                                                  transport::ListenerId wanted);

// Hash of what decides where a request goes: two of the same that pass us twice are a loop (RFC 5393 section 4.2). Who
// sent it counts, because scripts route by that: what comes back from a neighbour is no loop yet.
[[nodiscard]] std::uint32_t loop_hash(const sip::Message& request, const transport::Flow& came_by);
// Whether one of the Vias is ours and was made for this very request.
[[nodiscard]] bool is_loop(const RouteContext& context);

}  // namespace carillon::routing
