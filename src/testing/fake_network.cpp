// SPDX-License-Identifier: Apache-2.0
// The order of events in a FakeNetwork, and what becomes of a datagram.
#include "testing/fake_network.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/hash.h"
#include "testing/fake_socket.h"
#include "testing/fake_stream.h"

namespace carillon::testing {

namespace {

constexpr std::size_t kDatagramsABatch = 32;

// The same in every run, unlike base::hash_value.
std::uint64_t stable_hash(const base::Endpoint& endpoint) {
  std::uint64_t hash = endpoint.port;
  for (const char byte : endpoint.address.bytes()) hash = base::mix(hash ^ static_cast<unsigned char>(byte));
  return hash;
}

}  // namespace

FakeNetwork::FakeNetwork(const base::Clock& clock, unsigned loops, std::uint64_t seed)
    : clock_(clock), random_(seed), events_(loops) {
  for (unsigned worker = 0; worker < loops; ++worker) loops_.push_back(std::make_unique<FakeLoop>(*this, worker));
}

FakeNetwork::~FakeNetwork() {
  for (const auto& stream : std::exchange(streams_, {})) stream->detach();
}

unsigned FakeNetwork::loops() const { return static_cast<unsigned>(loops_.size()); }

net::EventLoop& FakeNetwork::loop(unsigned worker) { return *loops_[worker]; }

base::Result<std::unique_ptr<net::DatagramGroup>> FakeNetwork::bind_datagrams(const base::Endpoint& local,
                                                                              const net::DatagramOptions&,
                                                                              net::DatagramHandler& handler) {
  base::Endpoint chosen;
  {
    const std::scoped_lock lock(mutex_);
    chosen = choose_port(local);
    if (groups_.contains(chosen))
      return base::fail("udp:" + chosen.to_string() + ": address already in use", EADDRINUSE);
  }
  return std::make_unique<FakeDatagramGroup>(*this, chosen, handler);
}

base::Result<std::unique_ptr<net::StreamListener>> FakeNetwork::listen(const base::Endpoint& local,
                                                                       const net::StreamOptions& options,
                                                                       net::StreamAcceptor& acceptor) {
  base::Endpoint chosen;
  {
    const std::scoped_lock lock(mutex_);
    chosen = choose_port(local);
    if (listeners_.contains(chosen))
      return base::fail("tcp:" + chosen.to_string() + ": address already in use", EADDRINUSE);
  }
  return std::make_unique<FakeListener>(*this, chosen, options, acceptor);
}

std::shared_ptr<net::Stream> FakeNetwork::connect(unsigned worker, const net::ConnectOptions& options,
                                                  std::shared_ptr<net::StreamHandler> handler) {
  const std::scoped_lock lock(mutex_);
  base::Endpoint local = options.local;
  if (local.address.family() == base::Family::Unspecified) local.address = options.remote.address;
  return FakeStream::connect(*this, worker, options, choose_port(local), std::move(handler));
}

void FakeNetwork::set_conditions(const FakeConditions& conditions) {
  const std::scoped_lock lock(mutex_);
  conditions_ = conditions;
}

void FakeNetwork::set_black_hole(const base::IpAddress& address, bool black_hole) {
  const std::scoped_lock lock(mutex_);
  if (black_hole) {
    black_holes_.insert(address);
  } else {
    black_holes_.erase(address);
  }
}

void FakeNetwork::set_silent_listeners(bool silent) {
  const std::scoped_lock lock(mutex_);
  silent_listeners_ = silent;
}

void FakeNetwork::set_send_error(const base::Endpoint& remote, int error) {
  const std::scoped_lock lock(mutex_);
  send_errors_[remote] = error;
}

base::TimePoint FakeNetwork::next_event() const {
  const std::scoped_lock lock(mutex_);
  base::TimePoint next = base::TimePoint::max();
  for (const auto& events : events_) {
    if (!events.empty()) next = std::min(next, events.begin()->first.first);
  }
  return next;
}

std::size_t FakeNetwork::datagrams_sent() const {
  const std::scoped_lock lock(mutex_);
  return datagrams_sent_;
}

void FakeNetwork::add_event(base::TimePoint at, Event event) {
  const unsigned worker = event.worker;
  events_[worker].emplace(Key{at, next_sequence_++}, std::move(event));
  arrived_.notify_all();
}

void FakeNetwork::add_action(unsigned worker, base::TimePoint at, std::move_only_function<void()> action) {
  Event event;
  event.worker = worker;
  event.action = std::move(action);
  add_event(at, std::move(event));
}

bool FakeNetwork::happens(double share) {
  return share > 0 && std::uniform_real_distribution<double>(0, 1)(random_) < share;
}

base::Endpoint FakeNetwork::choose_port(base::Endpoint local) {
  if (local.port == 0) local.port = next_port_++;
  return local;
}

void FakeNetwork::transmit(Packet packet) {
  ++datagrams_sent_;
  if (tap_) tap_({.stream = false, .from = packet.from, .to = packet.to, .bytes = packet.bytes});
  const base::TimePoint arrival = clock_.now() + conditions_.latency;
  if (const auto found = send_errors_.find(packet.to); found != send_errors_.end() && found->second != 0) {
    return report(std::move(packet), clock_.now(), found->second);
  }
  if (black_holes_.contains(packet.to.address) || black_holes_.contains(packet.from.address)) return;
  if (happens(conditions_.loss)) return;
  FakeDatagramGroup* const receiver = find(groups_, packet.to);
  // Port unreachable: the news travels back.
  if (receiver == nullptr) {
    const bool refused = packet.cookie != 0 && !silent_listeners_;
    if (refused) report(std::move(packet), arrival + conditions_.latency, ECONNREFUSED);
    return;
  }

  const unsigned worker = receiver->receiver(packet.from);
  const base::TimePoint late = arrival + (happens(conditions_.reorder) ? conditions_.reorder_by : base::Duration{});
  if (happens(conditions_.duplicate))
    add_event(arrival, {.worker = worker, .group = receiver, .packet = packet, .action = {}});
  add_event(late, {.worker = worker, .group = receiver, .packet = std::move(packet), .action = {}});
}

void FakeNetwork::report(Packet packet, base::TimePoint at, int error) {
  Event event;
  event.worker = packet.worker;
  event.group = packet.sender;
  event.action = [packet = std::move(packet), error] {
    FakeDatagramGroup& group = *packet.sender;
    group.handler_.on_send_error(group.socket(packet.worker), {packet.to, packet.cookie, error});
  };
  add_event(at, std::move(event));
}

// Its datagrams and errors that are under way go nowhere.
void FakeNetwork::detach(FakeDatagramGroup& group) {
  groups_.erase(group.local_);
  for (auto& events : events_)
    std::erase_if(events, [&group](const auto& event) { return event.second.group == &group; });
}

bool FakeNetwork::deliver(unsigned worker) {
  std::vector<Event> batch;
  {
    const std::scoped_lock lock(mutex_);
    auto& events = events_[worker];
    const base::TimePoint now = clock_.now();
    while (!events.empty() && events.begin()->first.first <= now && batch.size() < kDatagramsABatch) {
      const Event& next = events.begin()->second;
      // A batch is of one socket, as recvmmsg makes them.
      if (!batch.empty() && (batch.front().action || next.action || next.group != batch.front().group)) break;
      batch.push_back(std::move(events.begin()->second));
      events.erase(events.begin());
    }
  }
  if (batch.empty()) return false;
  if (batch.front().action) {
    batch.front().action();
  } else {
    deliver_datagrams(worker, batch);
  }
  return true;
}

void FakeNetwork::deliver_datagrams(unsigned worker, const std::vector<Event>& batch) {
  std::array<net::ReceivedDatagram, kDatagramsABatch> datagrams;
  std::array<std::vector<char>, kDatagramsABatch> bytes;  // of exactly their size: sanitizers see a read beyond them
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Packet& packet = batch[i].packet;
    bytes[i].assign(packet.bytes.begin(), packet.bytes.end());
    datagrams[i] = {.source = packet.from, .local = packet.to, .bytes = bytes[i], .truncated = false};
  }
  FakeDatagramGroup& group = *batch.front().group;
  group.handler_.on_datagrams(group.socket(worker), std::span(datagrams).first(batch.size()));
}

// --- FakeLoop ---

void FakeLoop::run_once(base::Duration max_wait) {
  if (network_.deliver(worker_)) return;
  if (max_wait > base::Duration::zero()) wait(max_wait);
  {
    const std::scoped_lock lock(network_.mutex_);
    woken_ = false;
  }
  network_.deliver(worker_);
}

void FakeLoop::wait(base::Duration max_wait) {
  constexpr base::TimePoint kForever = base::TimePoint::max();
  std::unique_lock lock(network_.mutex_);
  const auto& events = network_.events_[worker_];
  const base::TimePoint end = max_wait == base::Duration::max() ? kForever : network_.clock_.now() + max_wait;
  while (!woken_) {
    const base::TimePoint next = events.empty() ? kForever : events.begin()->first.first;
    const base::TimePoint until = std::min(end, next);
    if (until <= network_.clock_.now()) return;
    if (until == kForever) {
      network_.arrived_.wait(lock);
    } else {
      network_.arrived_.wait_until(lock, until);
    }
  }
}

void FakeLoop::wake() {
  const std::scoped_lock lock(network_.mutex_);
  woken_ = true;
  network_.arrived_.notify_all();
}

void FakeLoop::post(std::move_only_function<void()> work) {
  const std::scoped_lock lock(network_.mutex_);
  network_.add_action(worker_, network_.clock_.now(), std::move(work));
}

void FakeLoop::flush() {
  for (FakeDatagramSocket* socket : sockets_) socket->flush();
}

// --- Datagram sockets ---

FakeDatagramGroup::FakeDatagramGroup(FakeNetwork& network, const base::Endpoint& local, net::DatagramHandler& handler)
    : network_(network), local_(local), handler_(handler), active_(network.loops()) {
  for (unsigned worker = 0; worker < network.loops(); ++worker) {
    sockets_.push_back(std::make_unique<FakeDatagramSocket>(*this, worker));
    network.loops_[worker]->sockets_.push_back(sockets_.back().get());
  }
  const std::scoped_lock lock(network.mutex_);
  network.groups_[local] = this;
}

FakeDatagramGroup::~FakeDatagramGroup() {
  for (const auto& loop : network_.loops_)
    std::erase_if(loop->sockets_, [this](const auto* socket) { return socket == sockets_[socket->worker()].get(); });
  const std::scoped_lock lock(network_.mutex_);
  network_.detach(*this);
}

void FakeDatagramGroup::set_active(unsigned active) {
  const std::scoped_lock lock(network_.mutex_);
  active_ = std::clamp(active, 1U, network_.loops());
}

unsigned FakeDatagramGroup::receiver(const base::Endpoint& source) const {
  return static_cast<unsigned>(stable_hash(source) % active_);
}

std::span<char> FakeDatagramSocket::reserve(std::size_t size) {
  room_.resize(size);
  return room_;
}

void FakeDatagramSocket::commit(std::size_t size, const net::DatagramDestination& destination) {
  base::Endpoint from = group_.local_;
  const bool chosen = destination.source.family() != base::Family::Unspecified && !destination.source.is_unspecified();
  if (chosen) {
    from.address = destination.source;
  } else if (from.address.is_unspecified()) {
    // As a host that has every address would: from the one it sends to.
    from.address = destination.remote.address;
  }
  batch_.push_back({.from = from,
                    .to = destination.remote,
                    .bytes = room_.substr(0, size),
                    .cookie = destination.cookie,
                    .sender = &group_,
                    .worker = worker_});
}

const base::Endpoint& FakeDatagramSocket::local() const { return group_.local_; }

void FakeDatagramSocket::flush() {
  if (batch_.empty()) return;
  const std::scoped_lock lock(group_.network_.mutex_);
  for (FakeNetwork::Packet& packet : std::exchange(batch_, {})) group_.network_.transmit(std::move(packet));
}

// --- Listeners ---

FakeListener::FakeListener(FakeNetwork& network, const base::Endpoint& local, const net::StreamOptions& options,
                           net::StreamAcceptor& acceptor)
    : network_(network), local_(local), options_(options), acceptor_(acceptor), active_(network.loops()) {
  const std::scoped_lock lock(network.mutex_);
  network.listeners_[local] = this;
}

FakeListener::~FakeListener() {
  const std::scoped_lock lock(network_.mutex_);
  network_.listeners_.erase(local_);
}

void FakeListener::set_active(unsigned active) {
  const std::scoped_lock lock(network_.mutex_);
  active_ = std::clamp(active, 1U, network_.loops());
}

}  // namespace carillon::testing
