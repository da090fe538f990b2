// SPDX-License-Identifier: Apache-2.0
// From a Target to a Flow: protocol, listener, name, connection (RFC 3261 section 18.1.1). Part of TransportLayer.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <span>

#include "base/result.h"
#include "base/task.h"
#include "shard/shards.h"
#include "transport/listener_table.h"
#include "transport/resolver.h"
#include "transport/target.h"
#include "transport/tcp_transport.h"

namespace carillon::transport {

class Opener {
 public:
  Opener(shard::Shards& shards, Resolver& resolver, const Limits& limits, const ListenerTable& listeners,
         TcpTransport& tcp)
      : shards_(shards), resolver_(resolver), limits_(limits), listeners_(listeners), tcp_(tcp) {}

  // As the members of TransportLayer.
  [[nodiscard]] std::optional<base::Result<Flow>> try_open(const Target& target);
  [[nodiscard]] base::Task<base::Result<Flow>> open(shard::Shard& shard, Target target);
  // Those of its name, which may have to be waited for. The target outlives the task.
  [[nodiscard]] base::Task<base::Result<Resolver::Addresses>> addresses_of(shard::Shard& shard, const Target& target);

 private:
  // A destination with nothing left to decide.
  struct Hop {
    const Listener* listener = nullptr;
    base::Endpoint remote;
  };

  // All of them, or the first only when there is to be no failover.
  [[nodiscard]] std::span<const base::IpAddress> worth_trying(const Target& target,
                                                              std::span<const base::IpAddress> addresses) const {
    const bool only_first = limits_.first_address_only || target.first_address_only;
    return only_first && !addresses.empty() ? addresses.first(1) : addresses;
  }
  [[nodiscard]] base::Result<Protocol> protocol_of(const Target& target) const;
  [[nodiscard]] bool switched_for_size(const Target& target) const;
  [[nodiscard]] base::Result<Hop> hop_to(const Target& target, Protocol protocol, const base::IpAddress& address) const;
  [[nodiscard]] const Listener* routed_listener(Protocol protocol, const base::Endpoint& remote) const;
  // Nothing when a connection must be made.
  [[nodiscard]] std::optional<base::Result<Flow>> try_hop(const Target& target, const Hop& hop);
  [[nodiscard]] std::optional<base::Result<Flow>> try_addresses(const Target& target, Protocol protocol,
                                                                std::span<const base::IpAddress> addresses);
  [[nodiscard]] base::Task<base::Result<Flow>> open_first(shard::Shard& shard, const Target& target, Protocol protocol,
                                                          const Resolver::Addresses& addresses);
  [[nodiscard]] base::Task<base::Result<Flow>> open_hop(shard::Shard& shard, const Target& target, const Hop& hop);

  shard::Shards& shards_;
  Resolver& resolver_;
  const Limits& limits_;
  const ListenerTable& listeners_;
  TcpTransport& tcp_;
  std::atomic<std::size_t> waiting_{0};
};

}  // namespace carillon::transport
