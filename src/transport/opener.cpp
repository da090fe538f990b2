// SPDX-License-Identifier: Apache-2.0
// Names resolved, listeners chosen, connections found or made.
#include "transport/opener.h"

#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "transport/outgoing_address.h"

namespace carillon::transport {
namespace {

// One open() that waits, counted while it lives.
class Place {
 public:
  explicit Place(std::atomic<std::size_t>& taken) : taken_(taken), number_(taken.fetch_add(1)) {}
  ~Place() { taken_.fetch_sub(1); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  [[nodiscard]] std::size_t number() const { return number_; }

 private:
  std::atomic<std::size_t>& taken_;
  std::size_t number_;
};

std::unexpected<base::Error> no_listener(Protocol protocol, base::Family family) {
  return base::fail("no " + std::string(name(protocol)) + " listener for " +
                        (family == base::Family::V6 ? "IPv6" : "IPv4") + " that may be used",
                    EAFNOSUPPORT);
}

std::unexpected<base::Error> no_connection() {
  return base::fail("no connection is open and none may be made", ENOTCONN);
}

}  // namespace

std::optional<base::Result<Flow>> Opener::try_open(const Target& target) {
  if (target.connection != ConnectionId::None) {
    if (const auto flow = tcp_.find(target.connection)) return *flow;
    if (target.only_connection) return no_connection();
  }
  const auto protocol = protocol_of(target);
  if (!protocol) return std::unexpected(protocol.error());
  if (target.address.family() != base::Family::Unspecified) {
    return try_addresses(target, *protocol, {&target.address, 1});
  }
  if (target.host.empty()) return base::fail("no destination", EDESTADDRREQ);
  const auto addresses = resolver_.cached(target.host);
  if (!addresses) return std::nullopt;
  if (!*addresses) return std::unexpected(addresses->error());
  return try_addresses(target, *protocol, **addresses);
}

base::Task<base::Result<Flow>> Opener::open(shard::Shard& shard, Target target) {
  if (auto known = try_open(target)) co_return std::move(*known);
  const Place place(waiting_);
  if (place.number() >= limits_.max_pending_opens)
    co_return base::fail("too many connections are being opened", EAGAIN);
  const Protocol protocol = *protocol_of(target);
  const base::Result<Resolver::Addresses> addresses = co_await addresses_of(shard, target);
  if (!addresses) co_return std::unexpected(addresses.error());
  base::Result<Flow> opened = co_await open_first(shard, target, protocol, *addresses);
  // A peer that has no TCP gets the large datagram after all (RFC 3261 section 18.1.1).
  if (!opened && switched_for_size(target)) {
    opened = co_await open_first(shard, target, Protocol::Udp, *addresses);
  }
  co_return opened;
}

// RFC 3261 section 26.2.2 for sips, section 18.1.1 for size.
base::Result<Protocol> Opener::protocol_of(const Target& target) const {
  if (!target.protocol) {
    if (target.sips) return Protocol::Tls;
    return switched_for_size(target) ? Protocol::Tcp : Protocol::Udp;
  }
  if (!target.sips || is_secure(*target.protocol)) return *target.protocol;
  if (*target.protocol == Protocol::Tcp) return Protocol::Tls;
  if (*target.protocol == Protocol::Ws) return Protocol::Wss;
  return base::fail("sips can't go over " + std::string(name(*target.protocol)), EPROTONOSUPPORT);
}

bool Opener::switched_for_size(const Target& target) const {
  return !target.protocol && !target.sips && limits_.udp_switch_size != 0 && target.size > limits_.udp_switch_size;
}

base::Result<Opener::Hop> Opener::hop_to(const Target& target, Protocol protocol,
                                         const base::IpAddress& address) const {
  const base::Endpoint remote{address, target.port != 0 ? target.port : default_port(protocol)};
  const Listener* listener = nullptr;
  if (limits_.multihomed && target.listener == ListenerId::None) listener = routed_listener(protocol, remote);
  if (listener == nullptr) {
    listener = listeners_.choose(protocol, address.family(), target.listener, target.received_on);
  }
  if (listener == nullptr) return no_listener(protocol, address.family());
  if (target.filter != nullptr && !target.filter->allows(protocol, remote)) {
    return base::fail(remote.to_string() + " is on a blacklist", kForbidden);
  }
  return Hop{listener, remote};
}

// The one on the address that the kernel would send from.
const Listener* Opener::routed_listener(Protocol protocol, const base::Endpoint& remote) const {
  const auto source = outgoing_address(remote);
  if (!source) return nullptr;
  for (const Listener& listener : listeners_.all()) {
    if (listener.protocol == protocol && listener.local.address == *source) return &listener;
  }
  return nullptr;
}

std::optional<base::Result<Flow>> Opener::try_hop(const Target& target, const Hop& hop) {
  const Listener& listener = *hop.listener;
  if (!has_connections(listener.protocol)) {
    Flow flow{listener.protocol, listener.id, listener.local, hop.remote, ConnectionId::None};
    if (listener.local.address.is_unspecified() && target.source.family() == listener.local.address.family()) {
      flow.local.address = target.source;
    }
    return flow;
  }
  if (const auto flow = tcp_.find(Peer{listener.protocol, hop.remote}, target.listener)) return *flow;
  if (target.only_connection) return no_connection();
  return std::nullopt;
}

std::optional<base::Result<Flow>> Opener::try_addresses(const Target& target, Protocol protocol,
                                                        std::span<const base::IpAddress> addresses) {
  std::optional<base::Result<Flow>> last;
  for (const base::IpAddress& address : worth_trying(target, addresses)) {
    const auto hop = hop_to(target, protocol, address);
    last = hop ? try_hop(target, *hop) : std::unexpected(hop.error());
    if (!last || *last) break;
  }
  return last;
}

base::Task<base::Result<Resolver::Addresses>> Opener::addresses_of(shard::Shard& shard, const Target& target) {
  if (target.address.family() != base::Family::Unspecified) co_return Resolver::Addresses(1, target.address);
  // Behind a pointer, because GCC 12 mixes up the members of a Result<vector> that lies in a coroutine's frame.
  auto resolved = shard.suspend<std::unique_ptr<base::Result<Resolver::Addresses>>>();
  resolver_.resolve(target.host, [this, handle = resolved.handle()](base::Result<Resolver::Addresses> addresses) {
    shards_.resume(handle, std::make_unique<base::Result<Resolver::Addresses>>(std::move(addresses)));
  });
  const auto addresses = co_await resolved;
  co_return std::move(*addresses);
}

base::Task<base::Result<Flow>> Opener::open_first(shard::Shard& shard, const Target& target, Protocol protocol,
                                                  const Resolver::Addresses& addresses) {
  base::Result<Flow> opened = base::fail("no address", EHOSTUNREACH);
  for (const base::IpAddress& address : worth_trying(target, addresses)) {
    const auto hop = hop_to(target, protocol, address);
    if (!hop) {
      opened = std::unexpected(hop.error());
      continue;
    }
    opened = co_await open_hop(shard, target, *hop);
    if (opened) break;
  }
  co_return opened;
}

base::Task<base::Result<Flow>> Opener::open_hop(shard::Shard& shard, const Target& target, const Hop& hop) {
  if (auto known = try_hop(target, hop)) co_return std::move(*known);
  auto opened = shard.suspend<base::Result<Flow>>();
  const bool exact = target.listener != ListenerId::None;
  if (auto known = tcp_.open(*hop.listener, hop.remote, exact, opened.handle())) co_return std::move(*known);
  co_return co_await opened;
}

}  // namespace carillon::transport
