// SPDX-License-Identifier: Apache-2.0
// The loops, sockets and listeners of FakeNetwork. Internal to testing/.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "testing/fake_network.h"

namespace carillon::testing {

class FakeDatagramSocket final : public net::DatagramSocket {
 public:
  FakeDatagramSocket(FakeDatagramGroup& group, unsigned worker) : group_(group), worker_(worker) {}

  [[nodiscard]] std::span<char> reserve(std::size_t size) override;
  void commit(std::size_t size, const net::DatagramDestination& destination) override;
  [[nodiscard]] const base::Endpoint& local() const override;
  [[nodiscard]] unsigned worker() const override { return worker_; }

  void flush();

 private:
  FakeDatagramGroup& group_;
  unsigned worker_;
  std::string room_;
  std::vector<FakeNetwork::Packet> batch_;
};

class FakeDatagramGroup final : public net::DatagramGroup {
 public:
  FakeDatagramGroup(FakeNetwork& network, const base::Endpoint& local, net::DatagramHandler& handler);
  ~FakeDatagramGroup() override;

  [[nodiscard]] const base::Endpoint& local() const override { return local_; }
  [[nodiscard]] net::DatagramSocket& socket(unsigned worker) override { return *sockets_[worker]; }
  void set_active(unsigned active) override;

  // With the network's mutex held: whose turn it is to receive from `source`.
  [[nodiscard]] unsigned receiver(const base::Endpoint& source) const;

 private:
  friend class FakeDatagramSocket;
  friend class FakeNetwork;

  FakeNetwork& network_;
  base::Endpoint local_;
  net::DatagramHandler& handler_;
  std::vector<std::unique_ptr<FakeDatagramSocket>> sockets_;
  unsigned active_;
};

class FakeListener final : public net::StreamListener {
 public:
  FakeListener(FakeNetwork& network, const base::Endpoint& local, const net::StreamOptions& options,
               net::StreamAcceptor& acceptor);
  ~FakeListener() override;

  [[nodiscard]] const base::Endpoint& local() const override { return local_; }
  void set_active(unsigned active) override;

 private:
  friend class FakeStream;

  FakeNetwork& network_;
  base::Endpoint local_;
  net::StreamOptions options_;
  net::StreamAcceptor& acceptor_;
  unsigned active_;
  unsigned next_ = 0;  // connections take turns among the active workers
};

class FakeLoop final : public net::EventLoop {
 public:
  FakeLoop(FakeNetwork& network, unsigned worker) : network_(network), worker_(worker) {}

  void run_once(base::Duration max_wait) override;
  void wake() override;
  void post(std::move_only_function<void()> work) override;
  void flush() override;

 private:
  friend class FakeDatagramGroup;

  // As a thread of its own, on a running clock.
  void wait(base::Duration max_wait);

  FakeNetwork& network_;
  unsigned worker_;
  bool woken_ = false;  // guarded by the network's mutex
  std::vector<FakeDatagramSocket*> sockets_;
};

}  // namespace carillon::testing
