// SPDX-License-Identifier: Apache-2.0
// The other side of the wire, written by a test: sends bytes, remembers what it received. On any net::Network.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/network.h"

namespace carillon::testing {

// A datagram socket of a test, on loop 0.
class DatagramPeer final : private net::DatagramHandler {
 public:
  struct Received {
    base::Endpoint from;
    base::Endpoint to;
    std::string bytes;
  };

  // Aborts when `local` can't be bound.
  DatagramPeer(net::Network& network, const base::Endpoint& local);

  [[nodiscard]] const base::Endpoint& local() const { return group_->local(); }
  [[nodiscard]] net::DatagramGroup& group() { return *group_; }
  // Leaves at once. A cookie other than 0 asks for errors().
  void send(const base::Endpoint& to, std::string_view bytes, std::uint64_t cookie = 0);

  [[nodiscard]] const std::deque<Received>& received() const { return received_; }
  // The oldest datagram not yet taken.
  [[nodiscard]] std::optional<Received> take();
  [[nodiscard]] const std::vector<net::SendError>& errors() const { return errors_; }
  // Called for each datagram, instead of remembering it.
  void on_receive(std::function<void(const Received&)> f) { on_receive_ = std::move(f); }

 private:
  void on_datagrams(net::DatagramSocket& socket, std::span<const net::ReceivedDatagram> datagrams) override;
  void on_send_error(net::DatagramSocket& socket, const net::SendError& error) override;

  net::Network& network_;
  std::function<void(const Received&)> on_receive_;
  std::deque<Received> received_;
  std::vector<net::SendError> errors_;
  std::unique_ptr<net::DatagramGroup> group_;
};

// A stream of a test: opened by connect(), or accepted by a StreamServer.
class StreamPeer final {
 public:
  // What happened so far; shared with the stream, which may outlive the peer.
  struct Seen {
    bool connected = false;
    std::string bytes;
    bool ended = false;  // the other side sends no more
    int drained = 0;
    bool closed = false;
    base::Error reason;
  };

  explicit StreamPeer(std::shared_ptr<net::Stream> accepted);
  // Stays half open when the other side ends, until close().
  static std::unique_ptr<StreamPeer> connect(net::Network& network, const net::ConnectOptions& options,
                                             unsigned worker = 0);
  ~StreamPeer();

  [[nodiscard]] base::Result<> send(std::string_view bytes) { return stream_->write(bytes); }
  [[nodiscard]] net::Stream& stream() { return *stream_; }
  [[nodiscard]] const Seen& seen() const { return *seen_; }
  // What was received and not yet taken.
  [[nodiscard]] std::string take() { return std::exchange(seen_->bytes, {}); }

 private:
  class Handler;

  StreamPeer() = default;

  std::shared_ptr<Seen> seen_ = std::make_shared<Seen>();
  std::shared_ptr<net::Stream> stream_;
};

// Accepts streams for a test.
class StreamServer final : private net::StreamAcceptor {
 public:
  // Aborts when `local` can't be bound.
  StreamServer(net::Network& network, const base::Endpoint& local, const net::StreamOptions& options = {});

  [[nodiscard]] const base::Endpoint& local() const { return listener_->local(); }
  [[nodiscard]] net::StreamListener& listener() { return *listener_; }
  [[nodiscard]] const std::vector<std::unique_ptr<StreamPeer>>& accepted() const { return accepted_; }

 private:
  void on_accept(std::shared_ptr<net::Stream> stream) override;

  std::vector<std::unique_ptr<StreamPeer>> accepted_;
  std::unique_ptr<net::StreamListener> listener_;
};

}  // namespace carillon::testing
