// SPDX-License-Identifier: Apache-2.0
// SIP over TCP: accepting, opening and bounding connections. Between net::Stream and TransportLayer.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "net/network.h"
#include "shard/shards.h"
#include "transport/connection.h"
#include "transport/connection_info.h"
#include "transport/connection_table.h"
#include "transport/limits.h"
#include "transport/listener.h"
#include "transport/message_sink.h"
#include "transport/statistics.h"

namespace carillon::transport {

// Members may be called by any thread unless they say otherwise.
class TcpTransport final : public ConnectionOwner {
 public:
  TcpTransport(net::Network& network, shard::Shards& shards, const Limits& limits, Statistics& statistics,
               MessageSink& sink);
  ~TcpTransport() override;
  TcpTransport(const TcpTransport&) = delete;
  TcpTransport& operator=(const TcpTransport&) = delete;

  // Before the workers run. The address bound.
  [[nodiscard]] base::Result<base::Endpoint> listen(const ListenOptions& options, ListenerId id);
  void on_connection_closed(ConnectionClosed subscriber) { subscribers_.push_back(std::move(subscriber)); }

  void set_active_workers(unsigned active);
  void stop_accepting() { accepting_.store(false, std::memory_order_relaxed); }

  // The open connection so numbered, or to this peer (by that listener, unless None).
  [[nodiscard]] std::optional<Flow> find(ConnectionId id);
  [[nodiscard]] std::optional<Flow> find(const Peer& peer, ListenerId listener);
  // As find(), or else opens one: then nothing is returned and `handle` is completed with the flow or the error.
  // On a worker, which will own the connection. `exact`: an open connection by another listener won't do.
  [[nodiscard]] std::optional<base::Result<Flow>> open(const Listener& listener, const base::Endpoint& remote,
                                                       bool exact, const FlowHandle& handle);

  [[nodiscard]] base::Result<> write(ConnectionId id, std::span<const char> bytes, SendCookie cookie);

  void mark_authenticated(ConnectionId id);
  void keep_until(ConnectionId id, base::TimePoint time);
  void add_alias(ConnectionId id, std::uint16_t port);
  bool close(ConnectionId id);
  [[nodiscard]] std::vector<ConnectionInfo> list();

 private:
  class Acceptor;

  void accept(ListenerId listener, std::shared_ptr<net::Stream> stream);
  void connect(const std::shared_ptr<Connection>& connection, const Listener& listener);
  [[nodiscard]] net::StreamOptions stream_options(int traffic_class) const;
  [[nodiscard]] std::atomic<std::size_t>& population(Connection::Origin origin) {
    return origin == Connection::Origin::Accepted ? accepted_ : opened_;
  }
  // Called when a connection's deadline may have passed; when to ask again.
  base::TimePoint on_deadline(Connection& connection);

  [[nodiscard]] base::TimePoint now() const override { return shards_.clock().now(); }
  void on_connected(Connection& connection) override;
  void on_piece(Connection& connection, const StreamFramer::Piece& piece) override;
  void on_pings(Connection& connection, std::size_t count) override;
  void on_incomplete(Connection& connection) override { table_.reschedule(connection); }
  void on_closed(Connection& connection, const base::Error& reason) override;

  net::Network& network_;
  shard::Shards& shards_;
  const Limits& limits_;
  Statistics& statistics_;
  MessageSink& sink_;
  std::vector<ConnectionClosed> subscribers_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::atomic<bool> accepting_{true};
  std::atomic<std::size_t> accepted_{0};
  std::atomic<std::size_t> opened_{0};
  ConnectionTable table_;
};

}  // namespace carillon::transport
