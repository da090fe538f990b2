// SPDX-License-Identifier: Apache-2.0
// The address this host would use toward the rest of the world: what a listener on a wildcard address says it is.
#pragma once

#include <optional>

#include "base/ip.h"

namespace carillon::transport {

// By the kernel's default route; loopback when there is none. Sends nothing.
[[nodiscard]] base::IpAddress outgoing_address(base::Family family);
// Toward one destination; nothing when there is no route to it.
[[nodiscard]] std::optional<base::IpAddress> outgoing_address(const base::Endpoint& to);

}  // namespace carillon::transport
