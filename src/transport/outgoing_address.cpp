// SPDX-License-Identifier: Apache-2.0
// Asks the kernel for a route by connecting a datagram socket, which sends nothing.
#include "transport/outgoing_address.h"

#include <sys/socket.h>
#include <unistd.h>

namespace carillon::transport {
namespace {

// Addresses reserved for documentation (RFC 5737, RFC 3849): routed by default, reached by nobody.
base::Endpoint somewhere(base::Family family) {
  const auto address = base::IpAddress::parse(family == base::Family::V6 ? "2001:db8::1" : "192.0.2.1");
  return {*address, 9};
}

base::IpAddress loopback(base::Family family) {
  return *base::IpAddress::parse(family == base::Family::V6 ? "::1" : "127.0.0.1");
}

}  // namespace

base::IpAddress outgoing_address(base::Family family) {
  return outgoing_address(somewhere(family)).value_or(loopback(family));
}

std::optional<base::IpAddress> outgoing_address(const base::Endpoint& to) {
  sockaddr_storage address{};
  socklen_t size = to.to_sockaddr(address);
  const int probe = ::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return std::nullopt;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  const bool routed = ::connect(probe, raw, size) == 0;
  size = sizeof address;
  const bool known = routed && ::getsockname(probe, raw, &size) == 0;
  ::close(probe);
  if (!known) return std::nullopt;
  return base::Endpoint::from_sockaddr(address).address;
}

}  // namespace carillon::transport
