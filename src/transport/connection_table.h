// SPDX-License-Identifier: Apache-2.0
// All stream connections, by number and by peer (RFC 3261 section 18). Part of TcpTransport.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/time.h"
#include "shard/partitioned_table.h"
#include "shard/shards.h"
#include "transport/connection.h"
#include "transport/flow.h"

namespace carillon::transport {

struct Peer {
  Protocol protocol = Protocol::Tcp;
  base::Endpoint remote;

  friend bool operator==(const Peer&, const Peer&) = default;
};

}  // namespace carillon::transport

template <>
struct std::hash<carillon::transport::Peer> {
  std::size_t operator()(const carillon::transport::Peer& peer) const {
    return carillon::base::hash_value(peer.remote) + static_cast<std::size_t>(peer.protocol);
  }
};

namespace carillon::transport {

// Any thread.
class ConnectionTable {
 public:
  // Several places of the table hold it, and whoever is sending on it.
  using Pointer = std::shared_ptr<Connection>;
  // Called when a connection's deadline may have passed; returns when to ask again. A partition is locked.
  using OnDeadline = std::function<base::TimePoint(Connection&)>;

  ConnectionTable(shard::Shards& shards, OnDeadline on_deadline);

  // A number for a connection to be made.
  [[nodiscard]] ConnectionId new_id() { return static_cast<ConnectionId>(++last_id_); }

  void add(const Pointer& connection);
  void add_peer(const Pointer& connection, std::uint16_t port);
  void remove(const Connection& connection);
  // The connection's deadline moved forward.
  void reschedule(const Connection& connection);

  [[nodiscard]] Pointer find(ConnectionId id);
  [[nodiscard]] Pointer find(const Peer& peer);
  // The peer's connection as `choose(Pointer found)` decides, as one operation: `found` may be null; what it returns,
  // unless null, takes its place.
  template <typename Choose>
  void replace(const Peer& peer, Choose&& choose);

  [[nodiscard]] std::vector<Pointer> all();

 private:
  std::atomic<std::uint64_t> last_id_{0};
  shard::PartitionedTable<Peer, Pointer> by_peer_;
  shard::PartitionedTable<ConnectionId, Pointer> by_id_;
};

template <typename Choose>
void ConnectionTable::replace(const Peer& peer, Choose&& choose) {
  by_peer_.with(peer, [&](auto& entry) {
    Pointer* found = entry.value();
    Pointer chosen = choose(found != nullptr ? *found : Pointer());
    if (found != nullptr) {
      found->swap(chosen);
    } else if (chosen) {
      entry.create(std::move(chosen));
    }
  });
}

}  // namespace carillon::transport
