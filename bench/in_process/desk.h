// SPDX-License-Identifier: Apache-2.0
// Desk: a network in this process that delivers what it is given and keeps what the server sends, one socket a worker,
// so that what is measured on it is the server's own. A worker's peers have ports of their own: what another worker
// sends them, because it was inside the shard, is handed over.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/network.h"

namespace carillon::bench {

// What the server sent, oldest first. Valid until the next deliver() on the same socket.
struct SentDatagram {
  base::Endpoint to;
  std::string_view bytes;
};

class Desk;

// The worker that plays the peer with this port.
[[nodiscard]] constexpr unsigned owner_of(std::uint16_t port) { return port % 1000U; }

class DeskSocket final : public net::DatagramSocket {
 public:
  DeskSocket(Desk& desk, const base::Endpoint& local, unsigned worker) : desk_(desk), local_(local), worker_(worker) {}

  // Hands one datagram to the server and returns what comes of it: `expected` datagrams, or what has come in a second.
  std::span<const SentDatagram> deliver(const base::Endpoint& source, std::string_view datagram, std::size_t expected);
  void set_handler(net::DatagramHandler& handler) { handler_ = &handler; }

  [[nodiscard]] std::span<char> reserve(std::size_t size) override;
  void commit(std::size_t size, const net::DatagramDestination& destination) override;
  [[nodiscard]] const base::Endpoint& local() const override { return local_; }
  [[nodiscard]] unsigned worker() const override { return worker_; }

 private:
  static constexpr std::size_t kSentAtOnce = 8;

  struct Handed {
    base::Endpoint to;
    std::string bytes;
  };

  void hand_over(const base::Endpoint& to, std::string_view bytes);
  void take_handed();

  Desk& desk_;
  base::Endpoint local_;
  unsigned worker_;
  net::DatagramHandler* handler_ = nullptr;
  std::array<char, net::kMaxDatagram> received_{};
  std::array<std::vector<char>, kSentAtOnce> rooms_;
  std::array<SentDatagram, kSentAtOnce> sent_{};
  std::size_t count_ = 0;
  std::mutex mutex_;  // of handed_
  std::vector<Handed> handed_;
  std::atomic<bool> is_handed_{false};
};

class Desk final : public net::Network {
 public:
  Desk(const base::Endpoint& server, unsigned workers);

  [[nodiscard]] DeskSocket& socket(unsigned worker) { return *sockets_[worker]; }

  [[nodiscard]] unsigned loops() const override { return static_cast<unsigned>(sockets_.size()); }
  [[nodiscard]] net::EventLoop& loop(unsigned worker) override { return loops_[worker]; }
  [[nodiscard]] base::Result<std::unique_ptr<net::DatagramGroup>> bind_datagrams(
      const base::Endpoint& local, const net::DatagramOptions& options, net::DatagramHandler& handler) override;
  [[nodiscard]] base::Result<std::unique_ptr<net::StreamListener>> listen(const base::Endpoint& local,
                                                                          const net::StreamOptions& options,
                                                                          net::StreamAcceptor& acceptor) override;
  std::shared_ptr<net::Stream> connect(unsigned worker, const net::ConnectOptions& options,
                                       std::shared_ptr<net::StreamHandler> handler) override;

 private:
  // The benchmark's threads are the loops; nothing is waited for here.
  class Loop final : public net::EventLoop {
   public:
    void run_once(base::Duration /*max_wait*/) override {}
    void wake() override {}
    void post(std::move_only_function<void()> /*work*/) override {}
    void flush() override {}
  };

  std::vector<std::unique_ptr<DeskSocket>> sockets_;
  std::vector<Loop> loops_;
};

}  // namespace carillon::bench
