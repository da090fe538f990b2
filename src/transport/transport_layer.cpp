// SPDX-License-Identifier: Apache-2.0
// The door in and the door out.
#include "transport/transport_layer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "base/assert.h"
#include "base/hash.h"
#include "shard/context.h"
#include "transport/listener_table.h"
#include "transport/message_sink.h"
#include "transport/opener.h"
#include "transport/tcp_transport.h"
#include "transport/udp_transport.h"

namespace carillon::transport {
namespace {

// What one worker reuses from message to message. A message waiting to enter its shard keeps `arriving`, while items
// of that shard's mailbox run before it on `mailed`.
struct alignas(64) Worker {
  sip::Message arriving;
  sip::Message mailed;
  std::unique_ptr<char[]> room;  // where messages for streams are written
  std::size_t room_size = 0;
};

// One message, parsed; the bytes and the flow are somebody else's.
struct Arrival {
  const sip::Message& message;
  const Flow& flow;
  const sip::Verdict& framing;
  sip::Verdict verdict;
};

std::optional<Branch> own_branch(const sip::Message& response) { return parse_branch(response.top_via().branch); }

}  // namespace

struct TransportLayer::State final : public MessageSink {
  State(net::Network& net, shard::Shards& all_shards, Resolver& names, const Limits& bounds)
      : network(net),
        shards(all_shards),
        resolver(names),
        limits(bounds),
        tcp(net, all_shards, limits, statistics, *this),
        opener(all_shards, names, limits, listeners, tcp),
        workers(net.loops()) {}

  // --- The door in
  void on_message(std::string_view bytes, const Flow& flow, const sip::Verdict& framing) override;
  [[nodiscard]] sip::Verdict parse(sip::Message& message, std::string_view bytes, const Flow& flow,
                                   const sip::Verdict& framing) const;
  [[nodiscard]] bool accepts(const Arrival& arrival);
  [[nodiscard]] bool accepts_request(const Arrival& arrival);
  [[nodiscard]] bool accepts_response(const Arrival& arrival);
  void run(shard::Shard& shard, const Arrival& arrival);
  [[nodiscard]] shard::Item mail(const Arrival& arrival);
  void note_alias(const Flow& flow, const sip::Via& top_via);
  [[nodiscard]] shard::ShardId shard_of(const sip::Message& message) const;

  // --- The door out
  void on_send_failed(SendCookie cookie, base::Error error) override;
  [[nodiscard]] UdpTransport* udp_of(const Flow& flow);
  [[nodiscard]] base::Result<ListenerId> listen_udp(const ListenOptions& options);
  [[nodiscard]] base::Result<ListenerId> listen_tcp(const ListenOptions& options);
  [[nodiscard]] Worker& worker() {
    CARILLON_ASSERT(shard::context.worker < workers.size());
    return workers[shard::context.worker];
  }

  net::Network& network;
  shard::Shards& shards;
  Resolver& resolver;
  const Limits limits;
  const base::HashKey call_id_key = base::HashKey::random();
  Statistics statistics;
  MessageHandler* handler = nullptr;
  ListenerTable listeners;
  std::vector<std::unique_ptr<UdpTransport>> udp;  // by ListenerId; null for a listener of another protocol
  TcpTransport tcp;
  Opener opener;
  std::vector<Worker> workers;
};

void TransportLayer::State::on_message(std::string_view bytes, const Flow& flow, const sip::Verdict& framing) {
  sip::Message& message = worker().arriving;
  const Arrival arrival{message, flow, framing, parse(message, bytes, flow, framing)};
  if (!accepts(arrival)) {
    if (!framing.ok()) tcp.close(flow.connection);
    return;
  }
  const shard::Entry entry =
      shards.enter(shard_of(message), [&](shard::Shard& shard) { run(shard, arrival); }, [&] { return mail(arrival); });
  if (entry != shard::Entry::Refused) return;
  (message.is_request() ? statistics.drop_requests : statistics.drop_replies).add();
  if (!framing.ok()) tcp.close(flow.connection);
}

sip::Verdict TransportLayer::State::parse(sip::Message& message, std::string_view bytes, const Flow& flow,
                                          const sip::Verdict& framing) const {
  const sip::Framing how = has_connections(flow.protocol) ? sip::Framing::Stream : sip::Framing::Datagram;
  if (framing.ok()) return message.assign(bytes, how, limits.message);
  // What can't be answered isn't, whatever was wrong with its framing.
  const sip::Verdict own = message.index(bytes, how, limits.message);
  return own.kind == sip::Verdict::Kind::Drop ? own : framing;
}

// Counts the message and says whether anybody shall see it.
bool TransportLayer::State::accepts(const Arrival& arrival) {
  const sip::Message& message = arrival.message;
  if (message.is_request() ? message.method_name().empty() : message.status() == 0) {
    statistics.not_sip.add();
    return false;
  }
  if (!arrival.verdict.ok()) statistics.bad_msg_hdr.add();
  return message.is_request() ? accepts_request(arrival) : accepts_response(arrival);
}

bool TransportLayer::State::accepts_request(const Arrival& arrival) {
  (arrival.verdict.ok() ? statistics.rcv_requests : statistics.err_requests).add();
  return arrival.verdict.kind != sip::Verdict::Kind::Drop;
}

bool TransportLayer::State::accepts_response(const Arrival& arrival) {
  const bool good = arrival.verdict.ok() && (!limits.check_via || listeners.wrote(arrival.message.top_via()));
  (good ? statistics.rcv_replies : statistics.err_replies).add();
  return good;
}

// Inside the shard.
void TransportLayer::State::run(shard::Shard& shard, const Arrival& arrival) {
  const sip::Message& message = arrival.message;
  Received received{message, arrival.flow, {}, std::nullopt, shard};
  if (!message.is_request()) {
    received.branch = own_branch(message);
    handler->on_response(received);
    return;
  }
  received.fixup = via_fixup(arrival.flow.remote, message.top_via());
  if (arrival.verdict.ok()) {
    note_alias(arrival.flow, message.top_via());
    handler->on_request(received);
    return;
  }
  handler->on_malformed_request(received, arrival.verdict);
  if (!arrival.framing.ok()) tcp.close(arrival.flow.connection);
}

// The same for a shard that is busy: the bytes are copied and parsed again.
shard::Item TransportLayer::State::mail(const Arrival& arrival) {
  return [this, bytes = std::string(arrival.message.bytes()), flow = arrival.flow,
          framing = arrival.framing](shard::Shard& shard) {
    sip::Message& message = worker().mailed;
    run(shard, {message, flow, framing, parse(message, bytes, flow, framing)});
  };
}

void TransportLayer::State::note_alias(const Flow& flow, const sip::Via& top_via) {
  if (flow.connection == ConnectionId::None || limits.accept_aliases == AcceptAliases::Never) return;
  if (limits.accept_aliases == AcceptAliases::WhenAsked && !top_via.alias) return;
  tcp.add_alias(flow.connection, top_via.port.value_or(default_port(flow.protocol)));
}

shard::ShardId TransportLayer::State::shard_of(const sip::Message& message) const {
  if (!message.is_request()) {
    if (const auto branch = own_branch(message)) return branch->shard;
  }
  return shard::shard_of_hash(base::sip_hash(call_id_key, message.call_id()));
}

void TransportLayer::State::on_send_failed(SendCookie cookie, base::Error error) {
  shards.post(cookie.shard, [this, id = cookie.id, error = std::move(error)](shard::Shard& shard) {
    handler->on_send_failed(shard, id, error);
  });
}

UdpTransport* TransportLayer::State::udp_of(const Flow& flow) {
  return listeners.contains(flow.listener) ? udp[static_cast<std::size_t>(flow.listener)].get() : nullptr;
}

base::Result<ListenerId> TransportLayer::State::listen_udp(const ListenOptions& options) {
  const auto id = static_cast<ListenerId>(listeners.all().size());
  auto transport = std::make_unique<UdpTransport>(*this, statistics, id);
  if (auto bound = transport->bind(network, options); !bound) return std::unexpected(std::move(bound.error()));
  listeners.add(options, transport->local());
  udp.push_back(std::move(transport));
  return id;
}

base::Result<ListenerId> TransportLayer::State::listen_tcp(const ListenOptions& options) {
  const auto id = static_cast<ListenerId>(listeners.all().size());
  const auto local = tcp.listen(options, id);
  if (!local) return std::unexpected(local.error());
  listeners.add(options, *local);
  udp.push_back(nullptr);
  return id;
}

TransportLayer::TransportLayer(net::Network& network, shard::Shards& shards, Resolver& resolver, const Limits& limits)
    : state_(std::make_unique<State>(network, shards, resolver, limits)) {}

TransportLayer::~TransportLayer() = default;

void TransportLayer::set_handler(MessageHandler& handler) { state_->handler = &handler; }

base::Result<ListenerId> TransportLayer::listen(const ListenOptions& options) {
  CARILLON_ASSERT(state_->handler != nullptr);
  if (options.protocol == Protocol::Udp) return state_->listen_udp(options);
  if (options.protocol == Protocol::Tcp) return state_->listen_tcp(options);
  return base::fail(socket_name(options.protocol, {options.address, options.port}) +
                    ": this protocol is not available");
}

void TransportLayer::on_connection_closed(ConnectionClosed subscriber) {
  state_->tcp.on_connection_closed(std::move(subscriber));
}

std::span<const Listener> TransportLayer::listeners() const { return state_->listeners.all(); }

base::Result<> TransportLayer::add_bond(const std::string& name, const std::vector<std::string>& members) {
  return state_->listeners.add_bond(name, members);
}
std::string_view TransportLayer::listener_name(ListenerId id) const { return state_->listeners.name_of(id); }
bool TransportLayer::is_in_bond(ListenerId listener, std::string_view bond) const {
  return state_->listeners.is_in_bond(listener, bond);
}

const Listener* TransportLayer::find_listener(std::string_view name) const { return state_->listeners.find(name); }

const Listener* TransportLayer::choose_listener(Protocol protocol, base::Family family, ListenerId forced,
                                                ListenerId received_on) const {
  return state_->listeners.choose(protocol, family, forced, received_on);
}

bool TransportLayer::is_trusted(const base::IpAddress& address) const {
  return std::ranges::any_of(state_->limits.trusted_networks,
                             [&address](const base::IpNetwork& network) { return network.contains(address); });
}

shard::ShardId TransportLayer::shard_of(const sip::Message& message) const { return state_->shard_of(message); }

shard::ShardId TransportLayer::shard_of_call_id(std::string_view call_id) const {
  return shard::shard_of_hash(base::sip_hash(state_->call_id_key, call_id));
}

void TransportLayer::on_message(std::string_view bytes, const Flow& flow) { state_->on_message(bytes, flow, {}); }

std::optional<base::Result<Flow>> TransportLayer::try_open(const Target& target) {
  return state_->opener.try_open(target);
}

std::optional<base::Result<Resolver::Addresses>> TransportLayer::known_addresses(std::string_view host) {
  return state_->resolver.cached(host);
}

base::Task<base::Result<Resolver::Addresses>> TransportLayer::addresses_of(shard::Shard& shard, std::string host) {
  Target target;
  target.set_host(host);
  co_return co_await state_->opener.addresses_of(shard, target);
}

base::Task<base::Result<Flow>> TransportLayer::open(shard::Shard& shard, Target target) {
  return state_->opener.open(shard, std::move(target));
}

base::Result<> TransportLayer::send(const Flow& flow, std::string_view bytes, SendCookie cookie) {
  return send(flow, bytes.size(), cookie, [bytes](std::span<char> room) {
    std::memcpy(room.data(), bytes.data(), bytes.size());
    return bytes.size();
  });
}

base::Result<std::span<char>> TransportLayer::reserve(const Flow& flow, std::size_t size) {
  Worker& worker = state_->worker();
  if (UdpTransport* udp = state_->udp_of(flow)) return udp->reserve(size);
  if (worker.room_size < size) {
    worker.room = std::make_unique_for_overwrite<char[]>(size);
    worker.room_size = size;
  }
  return std::span(worker.room.get(), size);
}

base::Result<> TransportLayer::commit(const Flow& flow, std::span<const char> bytes, SendCookie cookie) {
  base::Result<> sent;
  if (bytes.empty()) {
    sent = base::fail("the message does not fit", EMSGSIZE);
  } else if (UdpTransport* udp = state_->udp_of(flow)) {
    udp->commit(flow, bytes.size(), cookie);
  } else {
    sent = state_->tcp.write(flow.connection, bytes, cookie);
  }
  (sent ? state_->statistics.sent : state_->statistics.send_errors).add();
  return sent;
}

void TransportLayer::mark_authenticated(ConnectionId connection) { state_->tcp.mark_authenticated(connection); }

void TransportLayer::keep_until(ConnectionId connection, base::TimePoint time) {
  state_->tcp.keep_until(connection, time);
}

void TransportLayer::add_alias(ConnectionId connection, std::uint16_t port) { state_->tcp.add_alias(connection, port); }

bool TransportLayer::is_open(ConnectionId connection) const { return state_->tcp.find(connection).has_value(); }

bool TransportLayer::close(ConnectionId connection) { return state_->tcp.close(connection); }

std::vector<ConnectionInfo> TransportLayer::connections() const { return state_->tcp.list(); }

void TransportLayer::set_active_workers(unsigned active) {
  for (const auto& transport : state_->udp) {
    if (transport) transport->set_active_workers(active);
  }
  state_->tcp.set_active_workers(active);
}

void TransportLayer::stop_accepting() { state_->tcp.stop_accepting(); }

const Statistics& TransportLayer::statistics() const { return state_->statistics; }
const Limits& TransportLayer::limits() const { return state_->limits; }

}  // namespace carillon::transport
