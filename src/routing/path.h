// SPDX-License-Identifier: Apache-2.0
// Path (RFC 3327): a registrar is told that requests to this contact go by us, and from where the REGISTER came.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "routing/route_context.h"
#include "sip/uri.h"
#include "transport/listener.h"

namespace carillon::routing {

struct ProxySettings;

// The header lines that `decision` wishes for a request that came by `flow` to `in` and leaves by `out`: two, when
// socket or protocol change (";r2=on"). The upper one is the one that the registrar's side knows; what we saw of the
// sender is in the lower one.
[[nodiscard]] std::string path_lines(const Decision& decision, const ProxySettings& settings,
                                     const transport::Flow& flow, const transport::Listener& in,
                                     const transport::Listener& out);

// Where a message came from, as a URI: "sip:192.0.2.1:5062;transport=tcp".
[[nodiscard]] std::string source_uri(const transport::Flow& flow);

// What a hop of a Path, or of the Route made of it, says it saw (";received="); empty when that is no URI, nothing when
// it says nothing.
[[nodiscard]] std::optional<std::string> received_by_hop(const sip::Uri& hop);

}  // namespace carillon::routing
