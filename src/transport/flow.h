// SPDX-License-Identifier: Apache-2.0
// Where a message came from and where one goes: protocol, both ends, listener, connection. A plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip.h"

namespace carillon::transport {

enum class Protocol : std::uint8_t { Udp, Tcp, Tls, Ws, Wss, Sctp };

// Nothing is lost without an error, so that transactions need not retransmit (RFC 3261 section 17).
[[nodiscard]] constexpr bool is_reliable(Protocol protocol) { return protocol != Protocol::Udp; }
// Messages are pieces of a stream or frames on a connection.
[[nodiscard]] constexpr bool has_connections(Protocol protocol) {
  return protocol != Protocol::Udp && protocol != Protocol::Sctp;
}
[[nodiscard]] constexpr bool is_secure(Protocol protocol) {
  return protocol == Protocol::Tls || protocol == Protocol::Wss;
}
// RFC 3261 section 18.1.1, RFC 7118 section 5; 80 and 443 for WebSocket as in OpenSIPS.
[[nodiscard]] std::uint16_t default_port(Protocol protocol);
// "udp", as in `;transport=` and the names of listeners.
[[nodiscard]] std::string_view name(Protocol protocol);
// "UDP", as in a Via.
[[nodiscard]] std::string_view via_token(Protocol protocol);
// Either spelling, any case.
[[nodiscard]] std::optional<Protocol> parse_protocol(std::string_view text);

// Position in TransportLayer::listeners().
enum class ListenerId : std::uint16_t { None = 0xffff };

// Never used again for another connection while the process lives.
enum class ConnectionId : std::uint64_t { None = 0 };

// Received: `remote` sent the message, to `local`. To be sent: `local` is the listener's socket, `remote` the peer.
// `connection` may have closed meanwhile; sending on it then fails, it never goes to somebody else.
struct Flow {
  Protocol protocol = Protocol::Udp;
  ListenerId listener = ListenerId::None;
  base::Endpoint local;
  base::Endpoint remote;
  ConnectionId connection = ConnectionId::None;

  friend bool operator==(const Flow&, const Flow&) = default;
};

// "udp:192.0.2.1:5060", "tls:[2001:db8::1]:5061": how scripts, logs and commands name a socket.
[[nodiscard]] std::string socket_name(Protocol protocol, const base::Endpoint& endpoint);

}  // namespace carillon::transport
