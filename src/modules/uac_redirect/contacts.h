// SPDX-License-Identifier: Apache-2.0
// The contacts that the branches of a failed request were redirected to.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include "modules/uac_redirect/filters.h"
#include "routing/target_set.h"

namespace carillon::routing {
class RouteContext;
}

namespace carillon::uac_redirect {

struct ContactLimits {
  std::size_t total = std::numeric_limits<std::size_t>::max();
  std::size_t per_branch = std::numeric_limits<std::size_t>::max();
};

// Of every branch with a 3xx in the last set, in the order of the branches; the contacts of one by their q, best first.
// What was tried already, or is about to be, is left out: a redirection never leads in a circle. Texts live in the
// message's arena.
[[nodiscard]] std::vector<routing::RequestTarget> redirected_to(routing::RouteContext& context, const Filters& filters,
                                                                const ContactLimits& limits);

}  // namespace carillon::uac_redirect
