// SPDX-License-Identifier: Apache-2.0
// Two indices over the same connections.
#include "transport/connection_table.h"

namespace carillon::transport {

ConnectionTable::ConnectionTable(shard::Shards& shards, OnDeadline on_deadline)
    : by_peer_(shards), by_id_(shards, [on_deadline = std::move(on_deadline)](ConnectionId, Pointer& connection) {
        return std::optional(on_deadline(*connection));
      }) {}

void ConnectionTable::add(const Pointer& connection) {
  by_id_.with(connection->id(), [&](auto& entry) {
    entry.create(connection);
    entry.expire_at(connection->deadline().at);
  });
}

void ConnectionTable::add_peer(const Pointer& connection, std::uint16_t port) {
  const Flow flow = connection->flow();
  replace({flow.protocol, {flow.remote.address, port}}, [&](const Pointer&) { return connection; });
}

void ConnectionTable::remove(const Connection& connection) {
  const Flow flow = connection.flow();
  for (const std::uint16_t port : connection.ports()) {
    by_peer_.with(Peer{flow.protocol, {flow.remote.address, port}}, [&](auto& entry) {
      if (entry.value() != nullptr && entry.value()->get() == &connection) entry.erase();
    });
  }
  by_id_.with(connection.id(), [](auto& entry) {
    if (entry.value() != nullptr) entry.erase();
  });
}

void ConnectionTable::reschedule(const Connection& connection) {
  by_id_.with(connection.id(), [&](auto& entry) {
    if (entry.value() != nullptr) entry.expire_at(connection.deadline().at);
  });
}

ConnectionTable::Pointer ConnectionTable::find(ConnectionId id) {
  return by_id_.with(id, [](auto& entry) { return entry.value() != nullptr ? *entry.value() : Pointer(); });
}

ConnectionTable::Pointer ConnectionTable::find(const Peer& peer) {
  return by_peer_.with(peer, [](auto& entry) { return entry.value() != nullptr ? *entry.value() : Pointer(); });
}

std::vector<ConnectionTable::Pointer> ConnectionTable::all() {
  std::vector<Pointer> found;
  for (std::size_t partition = 0; partition < by_id_.partitions(); ++partition) {
    by_id_.for_each_in(partition, [&](ConnectionId, const Pointer& connection) { found.push_back(connection); });
  }
  return found;
}

}  // namespace carillon::transport
