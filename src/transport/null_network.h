// SPDX-License-Identifier: Apache-2.0
// A network that does nothing, so that what is measured on it is the transport's own. Only tests and benchmarks include
// it.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "net/network.h"
#include "transport/message_handler.h"
#include "transport/resolver.h"

namespace carillon::transport {

class NullSocket final : public net::DatagramSocket {
 public:
  std::span<char> reserve(std::size_t size) override { return std::span(room_).first(size); }
  void commit(std::size_t size, const net::DatagramDestination& destination) override {
    if (size > 0 && destination.remote.port != 0) ++sent;
  }
  const base::Endpoint& local() const override { return local_; }
  unsigned worker() const override { return 0; }

  std::size_t sent = 0;  // datagrams

 private:
  base::Endpoint local_ = *base::Endpoint::parse("192.0.2.1:5060");
  std::array<char, net::kMaxDatagram> room_{};
};

class NullGroup final : public net::DatagramGroup {
 public:
  explicit NullGroup(NullSocket& socket) : socket_(socket) {}
  const base::Endpoint& local() const override { return socket_.local(); }
  net::DatagramSocket& socket(unsigned) override { return socket_; }
  void set_active(unsigned) override {}

 private:
  NullSocket& socket_;
};

class NullLoop final : public net::EventLoop {
 public:
  void run_once(base::Duration) override {}
  void wake() override {}
  void post(std::move_only_function<void()>) override {}
  void flush() override {}
};

class NullNetwork final : public net::Network {
 public:
  unsigned loops() const override { return 1; }
  net::EventLoop& loop(unsigned) override { return loop_; }
  base::Result<std::unique_ptr<net::DatagramGroup>> bind_datagrams(const base::Endpoint&, const net::DatagramOptions&,
                                                                   net::DatagramHandler& handler) override {
    receiver_ = &handler;
    return std::make_unique<NullGroup>(socket_);
  }
  base::Result<std::unique_ptr<net::StreamListener>> listen(const base::Endpoint&, const net::StreamOptions&,
                                                            net::StreamAcceptor&) override {
    return base::fail("no streams here");
  }
  std::shared_ptr<net::Stream> connect(unsigned, const net::ConnectOptions&,
                                       std::shared_ptr<net::StreamHandler>) override {
    return nullptr;
  }

  // One datagram to the socket bound last.
  void deliver(const base::Endpoint& source, std::span<char> bytes) {
    const net::ReceivedDatagram datagram{source, socket_.local(), bytes};
    receiver_->on_datagrams(socket_, {&datagram, 1});
  }
  [[nodiscard]] std::size_t sent() const { return socket_.sent; }

 private:
  NullLoop loop_;
  NullSocket socket_;
  net::DatagramHandler* receiver_ = nullptr;
};

// Hears everything and does nothing.
class SilentHandler final : public MessageHandler {
 public:
  void on_request(const Received&) override {}
  void on_response(const Received&) override {}
  void on_malformed_request(const Received&, const sip::Verdict&) override {}
  void on_send_failed(shard::Shard&, std::uint64_t, const base::Error&) override {}
};

class NoResolver final : public Resolver {
 public:
  std::optional<base::Result<Addresses>> cached(std::string_view) override { return base::fail("no names here"); }
  void resolve(std::string, Done done) override { done(base::fail("no names here")); }
};

}  // namespace carillon::transport
