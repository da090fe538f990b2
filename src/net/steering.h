// SPDX-License-Identifier: Apache-2.0
// Which socket of a SO_REUSEPORT group receives: a classic BPF program that the kernel runs for each datagram or SYN.
// Internal to net/.
#pragma once

#include <optional>

#include "base/ip.h"

namespace carillon::net {

struct Steering {
  unsigned active = 1;                  // the first sockets of the group share the traffic by a hash of its source
  std::optional<base::Endpoint> heavy;  // datagrams of this source go to a random one each
};

// Attaches a program for `steering` to the group that `socket` belongs to, in place of the one before. False where
// the kernel refuses; then its own hash spreads over all sockets.
bool attach_steering(int socket, base::Family family, const Steering& steering);

}  // namespace carillon::net
