// SPDX-License-Identifier: Apache-2.0
// Where a message shall go, before names are resolved and connections are up. TransportLayer::open() makes a Flow of
// it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip.h"
#include "transport/flow.h"

namespace carillon::transport {

// Code of an error that says a destination may not be sent to: no errno, as the kernel has its own way to refuse.
inline constexpr int kForbidden = 0x10000;

// Which addresses may be sent to; asked for each address that a name has become.
class DestinationFilter {
 public:
  virtual ~DestinationFilter() = default;
  // Any worker.
  [[nodiscard]] virtual bool allows(Protocol protocol, const base::Endpoint& remote) const = 0;
};

struct Target {
  // Fills `address` from an address in text (brackets allowed), or else `host`.
  void set_host(std::string_view text);

  std::optional<Protocol> protocol;        // unset: UDP, or TLS for sips (RFC 3263 section 4.1)
  base::IpAddress address{};               // when unspecified, `host` is resolved
  std::string host{};                      // a name
  std::uint16_t port = 0;                  // 0: the protocol's default
  ListenerId listener = ListenerId::None;  // forced; None: that of `received_on` if it fits, else the first that does
  ListenerId received_on = ListenerId::None;
  base::IpAddress source{};  // to send from, when the listener is on a wildcard address
  // Tried first; when it is closed `host` and `port` are used, unless `only_connection`.
  ConnectionId connection = ConnectionId::None;
  bool only_connection = false;     // no new connection is made (RFC 5626 section 5.3; tcp_no_new_conn_bflag)
  bool first_address_only = false;  // of a name (t_relay("no-dns-failover"))
  bool sips = false;                // a protocol that isn't secure is refused
  std::size_t size = 0;             // of the request, for Limits::udp_switch_size; 0: unknown
  // Null: any address will do. Shared, because a target is copied and may wait for its name.
  std::shared_ptr<const DestinationFilter> filter = nullptr;
};

}  // namespace carillon::transport
