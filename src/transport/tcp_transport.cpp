// SPDX-License-Identifier: Apache-2.0
// Connections accepted and opened, found again, and closed when their time is over.
#include "transport/tcp_transport.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "shard/context.h"

namespace carillon::transport {
namespace {

constexpr std::string_view kPong = "\r\n";
// How long a connection that is being closed may stay in the table before it is cut.
constexpr base::Duration kClosingTime = std::chrono::seconds(10);

}  // namespace

// One listening address.
class TcpTransport::Acceptor final : public net::StreamAcceptor {
 public:
  Acceptor(TcpTransport& transport, ListenerId id) : transport_(transport), id_(id) {}

  [[nodiscard]] base::Result<base::Endpoint> listen(net::Network& network, const ListenOptions& options,
                                                    const net::StreamOptions& stream_options) {
    auto listener = network.listen({options.address, options.port}, stream_options, *this);
    if (!listener) return std::unexpected(std::move(listener.error()));
    listener_ = std::move(*listener);
    return listener_->local();
  }
  void set_active_workers(unsigned active) { listener_->set_active(active); }

  void on_accept(std::shared_ptr<net::Stream> stream) override { transport_.accept(id_, std::move(stream)); }

 private:
  TcpTransport& transport_;
  ListenerId id_;
  std::unique_ptr<net::StreamListener> listener_;
};

TcpTransport::TcpTransport(net::Network& network, shard::Shards& shards, const Limits& limits, Statistics& statistics,
                           MessageSink& sink)
    : network_(network),
      shards_(shards),
      limits_(limits),
      statistics_(statistics),
      sink_(sink),
      table_(shards, [this](Connection& connection) { return on_deadline(connection); }) {}

TcpTransport::~TcpTransport() {
  acceptors_.clear();
  // Not abort(): a reset would take from the peers the answers that are still on their way.
  for (const auto& connection : table_.all()) connection->close();
}

base::Result<base::Endpoint> TcpTransport::listen(const ListenOptions& options, ListenerId id) {
  auto acceptor = std::make_unique<Acceptor>(*this, id);
  net::StreamOptions stream = stream_options(options.traffic_class);
  stream.shared = options.shared;
  auto local = acceptor->listen(network_, options, stream);
  if (local) acceptors_.push_back(std::move(acceptor));
  return local;
}

void TcpTransport::set_active_workers(unsigned active) {
  for (const auto& acceptor : acceptors_) acceptor->set_active_workers(active);
}

net::StreamOptions TcpTransport::stream_options(int traffic_class) const {
  net::StreamOptions options;
  options.max_queued = limits_.connection_write_queue;
  options.keepalive = limits_.keepalive;
  options.keepalive_count = limits_.keepalive_count;
  options.keepalive_idle = limits_.keepalive_idle;
  options.keepalive_interval = limits_.keepalive_interval;
  options.traffic_class = traffic_class;
  return options;
}

void TcpTransport::accept(ListenerId listener, std::shared_ptr<net::Stream> stream) {
  if (!accepting_.load(std::memory_order_relaxed)) return;
  if (accepted_.fetch_add(1) >= limits_.max_connections) {
    accepted_.fetch_sub(1);
    statistics_.connections_refused.add();
    return;
  }
  const Flow flow{Protocol::Tcp, listener, stream->local(), stream->remote(), table_.new_id()};
  const auto connection = std::make_shared<Connection>(*this, limits_, flow, Connection::Origin::Accepted);
  const auto trusts = [&flow](const base::IpNetwork& network) { return network.contains(flow.remote.address); };
  if (std::ranges::any_of(limits_.trusted_networks, trusts)) connection->mark_trusted();
  connection->attach(stream);
  statistics_.connections_accepted.add();
  statistics_.connections.add();
  table_.add(connection);
  table_.add_peer(connection, flow.remote.port);
  stream->start(connection);
}

std::optional<Flow> TcpTransport::find(ConnectionId id) {
  const auto connection = table_.find(id);
  return connection && connection->is_open() ? std::optional(connection->flow()) : std::nullopt;
}

std::optional<Flow> TcpTransport::find(const Peer& peer, ListenerId listener) {
  const auto connection = table_.find(peer);
  if (!connection || !connection->is_open()) return std::nullopt;
  const Flow flow = connection->flow();
  return listener == ListenerId::None || flow.listener == listener ? std::optional(flow) : std::nullopt;
}

std::optional<base::Result<Flow>> TcpTransport::open(const Listener& listener, const base::Endpoint& remote, bool exact,
                                                     const FlowHandle& handle) {
  std::optional<base::Result<Flow>> known;
  std::shared_ptr<Connection> created;
  table_.replace({listener.protocol, remote}, [&](const ConnectionTable::Pointer& found) {
    if (found && (!exact || found->flow().listener == listener.id)) {
      const Connection::Joined joined = found->join(handle);
      if (joined == Connection::Joined::Open) known = found->flow();
      if (joined != Connection::Joined::Gone) return found;
    }
    if (opened_.load() >= limits_.max_outgoing_connections) {
      known = base::fail("too many outgoing connections", EMFILE);
      return found;
    }
    const Flow flow{listener.protocol, listener.id, listener.local, remote, table_.new_id()};
    created = std::make_shared<Connection>(*this, limits_, flow, Connection::Origin::Opened);
    static_cast<void>(created->join(handle));
    return created;
  });
  if (created) connect(created, listener);
  return known;
}

void TcpTransport::connect(const std::shared_ptr<Connection>& connection, const Listener& listener) {
  opened_.fetch_add(1);
  statistics_.connections.add();
  table_.add(connection);
  net::ConnectOptions options;
  options.remote = connection->remote();
  options.local = {listener.local.address, 0};
  options.timeout = limits_.connect_timeout;
  options.stream = stream_options(listener.traffic_class);
  connection->attach(network_.connect(shard::context.worker, options, connection));
}

base::Result<> TcpTransport::write(ConnectionId id, std::span<const char> bytes, SendCookie cookie) {
  const auto connection = table_.find(id);
  if (!connection) return base::fail("connection is closed", ENOTCONN);
  auto written = connection->write(bytes, cookie);
  if (!written && written.error().code == ENOBUFS) {
    statistics_.slow_readers.add();
    connection->abort();
  }
  return written;
}

void TcpTransport::mark_authenticated(ConnectionId id) {
  if (const auto connection = table_.find(id)) connection->mark_authenticated();
}

void TcpTransport::keep_until(ConnectionId id, base::TimePoint time) {
  if (const auto connection = table_.find(id)) connection->keep_until(time);
}

void TcpTransport::add_alias(ConnectionId id, std::uint16_t port) {
  const auto connection = table_.find(id);
  if (!connection || !connection->add_port(port)) return;
  table_.add_peer(connection, port);
  // It may have been removed between the two.
  if (connection->info().state == ConnectionInfo::State::Closing) table_.remove(*connection);
}

bool TcpTransport::close(ConnectionId id) {
  const auto connection = table_.find(id);
  if (connection) connection->close();
  return connection != nullptr;
}

std::vector<ConnectionInfo> TcpTransport::list() {
  std::vector<ConnectionInfo> infos;
  for (const auto& connection : table_.all()) infos.push_back(connection->info());
  return infos;
}

base::TimePoint TcpTransport::on_deadline(Connection& connection) {
  const auto [at, then] = connection.deadline();
  if (at > now()) return at;
  if (!connection.is_open()) {
    connection.abort();
  } else if (then == Connection::Overdue::Idle) {
    connection.close();
  } else {
    (then == Connection::Overdue::SlowSender ? statistics_.slow_senders : statistics_.unauthenticated).add();
    connection.abort();
  }
  return now() + kClosingTime;
}

void TcpTransport::on_connected(Connection& connection) {
  statistics_.connections_opened.add();
  const Flow flow = connection.flow();
  for (const FlowHandle& handle : connection.take_waiting()) shards_.resume(handle, base::Result<Flow>(flow));
}

void TcpTransport::on_piece(Connection& connection, const StreamFramer::Piece& piece) {
  using enum StreamFramer::Kind;
  switch (piece.kind) {
    case NeedMore:
    case Ping:
      return;
    case LineEnd:
      statistics_.keepalives.add();
      return;
    case Message:
      sink_.on_message(piece.bytes, connection.flow(), {});
      return;
    case Bad:
      statistics_.framing_errors.add();
      sink_.on_message(piece.bytes, connection.flow(), piece.verdict);
      return;
  }
}

void TcpTransport::on_pings(Connection& connection, std::size_t count) {
  statistics_.keepalives.add(count);
  if (!limits_.crlf_pingpong) return;
  std::string pongs;
  pongs.reserve(count * kPong.size());
  for (std::size_t i = 0; i < count; ++i) pongs += kPong;
  static_cast<void>(write(connection.id(), pongs, {}));
}

void TcpTransport::on_closed(Connection& connection, const base::Error& reason) {
  table_.remove(connection);
  population(connection.origin()).fetch_sub(1);
  statistics_.connections.subtract();
  const Flow flow = connection.flow();
  if (connection.was_open()) {
    log::debug("{} closed: {}", socket_name(flow.protocol, flow.remote), reason.message);
    for (const ConnectionClosed& subscriber : subscribers_) subscriber(flow, reason);
  } else {
    statistics_.connect_failures.add();
  }
  const base::Error failure{socket_name(flow.protocol, flow.remote) + ": " + reason.message, reason.code};
  for (const FlowHandle& handle : connection.take_waiting()) {
    shards_.resume(handle, base::Result<Flow>(std::unexpected(failure)));
  }
  for (const SendCookie& cookie : connection.take_unsent()) sink_.on_send_failed(cookie, failure);
}

}  // namespace carillon::transport
