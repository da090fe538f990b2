// SPDX-License-Identifier: Apache-2.0
// Datagrams in, keep-alives sorted out; datagrams out by the calling worker's own socket.
#include "transport/udp_transport.h"

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "shard/context.h"

namespace carillon::transport {
namespace {

// RFC 8489 section 5: two zero bits and the magic cookie.
bool is_stun(std::string_view bytes) {
  return bytes.size() >= 20 && (static_cast<unsigned char>(bytes[0]) & 0xc0) == 0 &&
         bytes.substr(4, 4) == "\x21\x12\xa4\x42";
}

// What NAT keep-alives look like: nothing, line ends, NULs, or STUN. Never answered: the source may be forged.
bool is_keepalive(std::string_view bytes) {
  if (!bytes.empty() && bytes.front() > '\r') return false;
  return bytes.find_first_not_of(std::string_view("\r\n\0 \t", 5)) == std::string_view::npos || is_stun(bytes);
}

std::uint64_t to_net(SendCookie cookie) { return cookie.id == 0 ? 0 : std::uint64_t{cookie.shard} << 56 | cookie.id; }

SendCookie from_net(std::uint64_t cookie) {
  return {static_cast<shard::ShardId>(cookie >> 56), cookie & SendCookie::kMaxId};
}

}  // namespace

base::Result<> UdpTransport::bind(net::Network& network, const ListenOptions& options) {
  net::DatagramOptions socket_options;
  socket_options.traffic_class = options.traffic_class;
  socket_options.shared = options.shared;
  auto group = network.bind_datagrams({options.address, options.port}, socket_options, *this);
  if (!group) return std::unexpected(std::move(group.error()));
  group_ = std::move(*group);
  wildcard_ = options.address.is_unspecified();
  return {};
}

base::Result<std::span<char>> UdpTransport::reserve(std::size_t size) {
  if (size > net::kMaxDatagram) return base::fail("message too large for a datagram", EMSGSIZE);
  return group_->socket(shard::context.worker).reserve(size);
}

void UdpTransport::commit(const Flow& flow, std::size_t size, SendCookie cookie) {
  const base::IpAddress source =
      wildcard_ && !flow.local.address.is_unspecified() ? flow.local.address : base::IpAddress();
  group_->socket(shard::context.worker).commit(size, {flow.remote, source, to_net(cookie)});
}

void UdpTransport::on_datagrams(net::DatagramSocket&, std::span<const net::ReceivedDatagram> datagrams) {
  for (const net::ReceivedDatagram& datagram : datagrams) on_datagram(datagram);
}

void UdpTransport::on_datagram(const net::ReceivedDatagram& datagram) {
  const std::string_view bytes(datagram.bytes.data(), datagram.bytes.size());
  if (is_keepalive(bytes)) {
    statistics_.keepalives.add();
    return;
  }
  // Nobody can be answered at port 0.
  if (datagram.truncated || datagram.source.port == 0) {
    statistics_.not_sip.add();
    return;
  }
  const Flow flow{Protocol::Udp, id_, datagram.local, datagram.source, ConnectionId::None};
  sink_.on_message(bytes, flow, {});
}

void UdpTransport::on_send_error(net::DatagramSocket&, const net::SendError& error) {
  statistics_.send_errors.add();
  // Full buffers are the first place where a datagram gets lost: who retransmits recovers, and a call needn't fail.
  if (error.cookie == 0 || error.error == EAGAIN || error.error == ENOBUFS) return;
  sink_.on_send_failed(
      from_net(error.cookie),
      {socket_name(Protocol::Udp, error.remote) + ": " + std::generic_category().message(error.error), error.error});
}

}  // namespace carillon::transport
