// SPDX-License-Identifier: Apache-2.0
// What uac writes into our Record-Route, and reads from the Route that comes back.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "routing/route_context.h"

namespace carillon::uac {

// Instead of the one so named; without a value there is none any more.
void set_record_route_param(routing::RouteContext& context, std::string_view name, std::string_view value);

// What was added to the number of CSeq when the dialog was made, to be added to all that comes from the caller.
void set_cseq_offset(routing::RouteContext& context, std::uint32_t offset);
// Whether a request that follows our Record-Route is the caller's; false when the route can't tell.
[[nodiscard]] bool came_from_caller(const routing::RouteContext& context);
// Of a request that follows our Record-Route; nothing when it comes from the callee.
[[nodiscard]] std::optional<std::uint32_t> cseq_offset_in(const routing::RouteContext& context);

}  // namespace carillon::uac
