// SPDX-License-Identifier: Apache-2.0
// What the server transport adds to a request's top Via and where the responses go (RFC 3261 sections 18.2.1
// and 18.2.2, RFC 3581 section 4).
#pragma once

#include <cstdint>
#include <optional>

#include "base/ip.h"
#include "sip/via.h"
#include "transport/flow.h"
#include "transport/target.h"

namespace carillon::transport {

// To be put into the top Via before the request is forwarded or answered; what a stranger wrote there is replaced.
struct ViaFixup {
  std::optional<base::IpAddress> received;
  std::optional<std::uint16_t> rport;

  [[nodiscard]] bool empty() const { return !received && !rport; }
  friend bool operator==(const ViaFixup&, const ViaFixup&) = default;
};

// `force_rport`: as if the client had asked for rport (the script's force_rport()).
[[nodiscard]] ViaFixup via_fixup(const base::Endpoint& source, const sip::Via& top_via, bool force_rport = false);

// Where responses to a request that came by `request` with `top_via` go. They leave from where the request arrived
// (RFC 3581 section 4). On connections: the request's own while it is open, else a new one to the source address and
// the port of sent-by. `top_via` is as received, without fix-up: the source is taken from `request`, never from it.
//
// A maddr is followed when it is a multicast address or `trusted_source` is set: otherwise anybody could aim our
// responses at somebody else without even forging an address. That departs from section 18.2.2 on purpose.
[[nodiscard]] Target response_target(const Flow& request, const sip::Via& top_via, bool force_rport = false,
                                     bool trusted_source = false);

}  // namespace carillon::transport
