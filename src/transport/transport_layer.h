// SPDX-License-Identifier: Apache-2.0
// SIP over UDP and TCP: the only door in and the only door out. Below it sockets that have never heard of SIP, above it
// transactions that have never heard of sockets (RFC 3261 section 18).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "net/network.h"
#include "shard/shards.h"
#include "transport/connection_info.h"
#include "transport/flow.h"
#include "transport/limits.h"
#include "transport/listener.h"
#include "transport/message_handler.h"
#include "transport/resolver.h"
#include "transport/statistics.h"
#include "transport/target.h"

namespace carillon::transport {

// Members say where they may be called: "start" is before the workers run, "worker" on one of its threads. Destroyed
// after the workers have stopped and before the network.
class TransportLayer {
 public:
  TransportLayer(net::Network& network, shard::Shards& shards, Resolver& resolver, const Limits& limits);
  ~TransportLayer();
  TransportLayer(const TransportLayer&) = delete;
  TransportLayer& operator=(const TransportLayer&) = delete;

  // --- Wiring (start)

  void set_handler(MessageHandler& handler);
  // Binds. Errors name the socket; code is the errno, or 0 for a protocol that isn't there.
  [[nodiscard]] base::Result<ListenerId> listen(const ListenOptions& options);
  void on_connection_closed(ConnectionClosed subscriber);

  // --- Listeners (immutable after start; any thread)

  [[nodiscard]] std::span<const Listener> listeners() const;
  // A bond of listeners: whoever forces "bond:name" gets the member that fits. After listen() (start).
  [[nodiscard]] base::Result<> add_bond(const std::string& name, const std::vector<std::string>& members);
  // The name of a listener or of a bond; empty for None.
  [[nodiscard]] std::string_view listener_name(ListenerId id) const;
  [[nodiscard]] bool is_in_bond(ListenerId listener, std::string_view bond) const;
  // By name, tag, "proto:advertised:port" or "bond:name", without regard to case; null when there is none. Of a bond
  // only id and name have a meaning.
  [[nodiscard]] const Listener* find_listener(std::string_view name) const;
  // The one to send from: `forced` if given (null if it doesn't fit), else `received_on` if it fits, else the first
  // that does. Fits: protocol and family.
  [[nodiscard]] const Listener* choose_listener(Protocol protocol, base::Family family,
                                                ListenerId forced = ListenerId::None,
                                                ListenerId received_on = ListenerId::None) const;
  [[nodiscard]] bool is_trusted(const base::IpAddress& address) const;

  // --- Which shard a message belongs to (any thread)

  // A response by the shard number in our own Via branch, anything else by its Call-ID.
  [[nodiscard]] shard::ShardId shard_of(const sip::Message& message) const;
  // Keyed with a secret of this process.
  [[nodiscard]] shard::ShardId shard_of_call_id(std::string_view call_id) const;

  // --- The door in (worker, outside any shard)

  // What sockets deliver: one message's bytes. Parses them and calls the handler inside their shard, or leaves a copy
  // in its mailbox. A malformed one is answered by the handler or dropped and counted.
  void on_message(std::string_view bytes, const Flow& flow);

  // --- The door out (worker)

  // The flow to a target if it is known without waiting (a datagram to an address, a connection that is up, a name in
  // the cache), or the error if that is known; nothing when open() would have to wait.
  [[nodiscard]] std::optional<base::Result<Flow>> try_open(const Target& target);
  // Waits for the name to resolve and the connection to come up, inside `shard`, which the caller is in. Opens to one
  // peer at the same time share a connection. May be destroyed while it waits.
  [[nodiscard]] base::Task<base::Result<Flow>> open(shard::Shard& shard, Target target);

  // Sends one message of up to `size` bytes: `write(std::span<char> room)` puts it down in the socket's own buffer and
  // returns how many bytes it used, 0 if it didn't fit. It must not send itself. Never waits; datagrams leave at the
  // end of the worker's round. An error here means nothing was sent and nobody will hear of it; a later one is reported
  // to on_send_failed() by `cookie`.
  template <typename Write>
  [[nodiscard]] base::Result<> send(const Flow& flow, std::size_t size, SendCookie cookie, Write&& write) {
    const auto room = reserve(flow, size);
    if (!room) return std::unexpected(room.error());
    return commit(flow, room->first(write(*room)), cookie);
  }
  // The same for bytes that lie ready (a retransmission).
  [[nodiscard]] base::Result<> send(const Flow& flow, std::string_view bytes, SendCookie cookie = {});

  // What a name has for addresses: known without waiting, or after waiting inside `shard`.
  [[nodiscard]] std::optional<base::Result<Resolver::Addresses>> known_addresses(std::string_view host);
  [[nodiscard]] base::Task<base::Result<Resolver::Addresses>> addresses_of(shard::Shard& shard, std::string host);

  // --- Connections (any thread)

  // A request that came by it was answered 2xx: it may stay.
  void mark_authenticated(ConnectionId connection);
  // It isn't closed for idleness before then (a registration that came by it expires then).
  void keep_until(ConnectionId connection, base::TimePoint time);
  // What goes to its remote address at `port` uses it too (RFC 5923; the script's force_tcp_alias()).
  void add_alias(ConnectionId connection, std::uint16_t port);
  [[nodiscard]] bool is_open(ConnectionId connection) const;
  // False when there is no such connection.
  bool close(ConnectionId connection);
  [[nodiscard]] std::vector<ConnectionInfo> connections() const;

  // --- The server's life (any thread)

  // Workers 0 to `active`-1 receive what is new.
  void set_active_workers(unsigned active);
  // New connections are closed at once from now on.
  void stop_accepting();
  [[nodiscard]] const Statistics& statistics() const;
  [[nodiscard]] const Limits& limits() const;

 private:
  [[nodiscard]] base::Result<std::span<char>> reserve(const Flow& flow, std::size_t size);
  [[nodiscard]] base::Result<> commit(const Flow& flow, std::span<const char> bytes, SendCookie cookie);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace carillon::transport
