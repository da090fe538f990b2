// SPDX-License-Identifier: Apache-2.0
// SIP over UDP: one listener's sockets. Between net::DatagramSocket and TransportLayer.
#pragma once

#include <memory>
#include <span>

#include "base/result.h"
#include "net/network.h"
#include "transport/flow.h"
#include "transport/listener.h"
#include "transport/message_sink.h"
#include "transport/statistics.h"

namespace carillon::transport {

class UdpTransport final : public net::DatagramHandler {
 public:
  UdpTransport(MessageSink& sink, Statistics& statistics, ListenerId id)
      : sink_(sink), statistics_(statistics), id_(id) {}

  // Before the workers run.
  [[nodiscard]] base::Result<> bind(net::Network& network, const ListenOptions& options);
  [[nodiscard]] const base::Endpoint& local() const { return group_->local(); }
  void set_active_workers(unsigned active) { group_->set_active(active); }

  // Room for a datagram in the calling worker's socket, and its dispatch to `flow.remote`. Nothing in between.
  [[nodiscard]] base::Result<std::span<char>> reserve(std::size_t size);
  void commit(const Flow& flow, std::size_t size, SendCookie cookie);

  void on_datagrams(net::DatagramSocket& socket, std::span<const net::ReceivedDatagram> datagrams) override;
  void on_send_error(net::DatagramSocket& socket, const net::SendError& error) override;

 private:
  void on_datagram(const net::ReceivedDatagram& datagram);

  MessageSink& sink_;
  Statistics& statistics_;
  ListenerId id_;
  bool wildcard_ = false;
  std::unique_ptr<net::DatagramGroup> group_;
};

}  // namespace carillon::transport
