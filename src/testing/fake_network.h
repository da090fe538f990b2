// SPDX-License-Identifier: Apache-2.0
// FakeNetwork: the world on one desk. Datagrams and streams between endpoints in this process, in an order that the
// clock and a seed decide, with the faults a test asks for.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/ip.h"
#include "base/time.h"
#include "net/network.h"

namespace carillon::testing {

class FakeDatagramGroup;
class FakeListener;
class FakeLoop;
class FakeStream;

// What happens to what is sent from now on.
struct FakeConditions {
  base::Duration latency{};  // one way
  double loss = 0;           // share of datagrams that vanish
  double duplicate = 0;      // share of datagrams that arrive twice
  double reorder = 0;        // share of datagrams that are late by reorder_by
  base::Duration reorder_by = std::chrono::milliseconds(20);
  std::size_t segment = 0;         // streams deliver at most so many bytes at once; 0: as written
  std::size_t window = 64 * 1024;  // bytes of a stream under way and not yet read
};

// Nobody listens where nothing is bound: datagrams come back as ECONNREFUSED, connecting too. With a FakeClock and one
// thread that runs the loops everything is deterministic. With a running clock, loops may be run by a thread each: then
// run_once() waits.
class FakeNetwork final : public net::Network {
 public:
  explicit FakeNetwork(const base::Clock& clock, unsigned loops = 1, std::uint64_t seed = 1);
  ~FakeNetwork() override;

  [[nodiscard]] unsigned loops() const override;
  [[nodiscard]] net::EventLoop& loop(unsigned worker) override;
  [[nodiscard]] base::Result<std::unique_ptr<net::DatagramGroup>> bind_datagrams(
      const base::Endpoint& local, const net::DatagramOptions& options, net::DatagramHandler& handler) override;
  [[nodiscard]] base::Result<std::unique_ptr<net::StreamListener>> listen(const base::Endpoint& local,
                                                                          const net::StreamOptions& options,
                                                                          net::StreamAcceptor& acceptor) override;
  std::shared_ptr<net::Stream> connect(unsigned worker, const net::ConnectOptions& options,
                                       std::shared_ptr<net::StreamHandler> handler) override;

  void set_conditions(const FakeConditions& conditions);
  // Nothing sent to `address` arrives, and nothing comes back.
  void set_black_hole(const base::IpAddress& address, bool black_hole = true);
  // Where nobody listens, somebody does who never says anything: datagrams are lost, connections are taken.
  void set_silent_listeners(bool silent);
  // Told of all that is sent, in that order, by who sends it and with the network's lock held; before the first thing
  // is.
  struct Sent {
    bool stream = false;
    base::Endpoint from;
    base::Endpoint to;
    std::string_view bytes;  // of a stream: what was written at once
  };
  void set_tap(std::function<void(const Sent&)> tap) { tap_ = std::move(tap); }
  // Sending a datagram to `remote` fails at once with this errno; 0: no more.
  void set_send_error(const base::Endpoint& remote, int error);

  // When the next datagram, byte or connection arrives somewhere; TimePoint::max() when nothing is under way.
  [[nodiscard]] base::TimePoint next_event() const;
  // Datagrams handed to the network so far.
  [[nodiscard]] std::size_t datagrams_sent() const;

 private:
  friend class FakeDatagramGroup;
  friend class FakeDatagramSocket;
  friend class FakeListener;
  friend class FakeLoop;
  friend class FakeStream;

  struct Packet {
    base::Endpoint from;
    base::Endpoint to;
    std::string bytes;
    std::uint64_t cookie = 0;
    FakeDatagramGroup* sender = nullptr;
    unsigned worker = 0;  // the sender's
  };
  struct Event {
    unsigned worker = 0;
    FakeDatagramGroup* group = nullptr;  // the event goes with it
    Packet packet;                       // to deliver, when there is no action
    std::move_only_function<void()> action;
  };
  using Key = std::pair<base::TimePoint, std::uint64_t>;  // when, and in which order at that time

  // --- With mutex_ held ---
  void add_event(base::TimePoint at, Event event);
  void add_action(unsigned worker, base::TimePoint at, std::move_only_function<void()> action);
  void transmit(Packet packet);
  void report(Packet packet, base::TimePoint at, int error);
  [[nodiscard]] bool happens(double share);
  [[nodiscard]] base::Endpoint choose_port(base::Endpoint local);
  template <typename Bound>
  [[nodiscard]] static Bound* find(const std::map<base::Endpoint, Bound*>& bound, const base::Endpoint& to);
  void detach(FakeDatagramGroup& group);

  // Delivers what is due to `worker`; true if there was something.
  bool deliver(unsigned worker);
  void deliver_datagrams(unsigned worker, const std::vector<Event>& batch);

  const base::Clock& clock_;
  std::vector<std::unique_ptr<FakeLoop>> loops_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  FakeConditions conditions_;
  std::mt19937_64 random_;
  std::set<base::IpAddress> black_holes_;
  std::map<base::Endpoint, int> send_errors_;
  bool silent_listeners_ = false;
  std::function<void(const Sent&)> tap_;
  std::map<base::Endpoint, FakeDatagramGroup*> groups_;
  std::map<base::Endpoint, FakeListener*> listeners_;
  std::vector<std::map<Key, Event>> events_;  // of each worker
  std::set<std::shared_ptr<FakeStream>> streams_;
  std::uint64_t next_sequence_ = 0;
  std::uint16_t next_port_ = 49'152;
  std::size_t datagrams_sent_ = 0;
};

// What is bound to exactly this address, or to all addresses with its port.
template <typename Bound>
Bound* FakeNetwork::find(const std::map<base::Endpoint, Bound*>& bound, const base::Endpoint& to) {
  auto found = bound.find(to);
  if (found == bound.end()) found = bound.find({base::IpAddress::any(to.address.family()), to.port});
  return found == bound.end() ? nullptr : found->second;
}

}  // namespace carillon::testing
