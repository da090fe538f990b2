// SPDX-License-Identifier: Apache-2.0
// The names and default ports of the transport protocols.
#include "transport/flow.h"

#include <array>

#include "base/strings.h"

namespace carillon::transport {
namespace {

struct ProtocolRow {
  Protocol protocol;
  std::string_view name;
  std::string_view via_token;
  std::uint16_t port;
};

constexpr auto kProtocols = std::to_array<ProtocolRow>({
    {Protocol::Udp, "udp", "UDP", 5060},
    {Protocol::Tcp, "tcp", "TCP", 5060},
    {Protocol::Tls, "tls", "TLS", 5061},
    {Protocol::Ws, "ws", "WS", 80},
    {Protocol::Wss, "wss", "WSS", 443},
    {Protocol::Sctp, "sctp", "SCTP", 5060},
});

const ProtocolRow& row(Protocol protocol) { return kProtocols[static_cast<std::size_t>(protocol)]; }

}  // namespace

std::uint16_t default_port(Protocol protocol) { return row(protocol).port; }
std::string_view name(Protocol protocol) { return row(protocol).name; }
std::string_view via_token(Protocol protocol) { return row(protocol).via_token; }

std::optional<Protocol> parse_protocol(std::string_view text) {
  for (const ProtocolRow& candidate : kProtocols) {
    if (base::iequals(text, candidate.name)) return candidate.protocol;
  }
  return std::nullopt;
}

std::string socket_name(Protocol protocol, const base::Endpoint& endpoint) {
  return std::string(name(protocol)) + ':' + endpoint.to_string();
}

}  // namespace carillon::transport
