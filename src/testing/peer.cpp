// SPDX-License-Identifier: Apache-2.0
// The other side of the wire.
#include "testing/peer.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace carillon::testing {

DatagramPeer::DatagramPeer(net::Network& network, const base::Endpoint& local) : network_(network) {
  auto bound = network.bind_datagrams(local, {}, *this);
  CARILLON_ASSERT(bound.has_value());
  group_ = std::move(*bound);
}

void DatagramPeer::send(const base::Endpoint& to, std::string_view bytes, std::uint64_t cookie) {
  net::DatagramSocket& socket = group_->socket(0);
  std::ranges::copy(bytes, socket.reserve(bytes.size()).begin());
  socket.commit(bytes.size(), {.remote = to, .source = {}, .cookie = cookie});
  network_.loop(0).flush();
}

std::optional<DatagramPeer::Received> DatagramPeer::take() {
  if (received_.empty()) return std::nullopt;
  Received oldest = std::move(received_.front());
  received_.pop_front();
  return oldest;
}

void DatagramPeer::on_datagrams(net::DatagramSocket&, std::span<const net::ReceivedDatagram> datagrams) {
  for (const net::ReceivedDatagram& datagram : datagrams) {
    Received received{datagram.source, datagram.local, std::string(datagram.bytes.data(), datagram.bytes.size())};
    if (on_receive_) {
      on_receive_(received);
    } else {
      received_.push_back(std::move(received));
    }
  }
}

void DatagramPeer::on_send_error(net::DatagramSocket&, const net::SendError& error) { errors_.push_back(error); }

class StreamPeer::Handler final : public net::StreamHandler {
 public:
  explicit Handler(std::shared_ptr<Seen> seen) : seen_(std::move(seen)) {}

  void on_connected(net::Stream&) override { seen_->connected = true; }
  void on_bytes(net::Stream&, std::span<char> bytes) override { seen_->bytes.append(bytes.data(), bytes.size()); }
  void on_end(net::Stream&) override { seen_->ended = true; }
  void on_drained(net::Stream&) override { ++seen_->drained; }
  void on_closed(net::Stream&, const base::Error& reason) override {
    CARILLON_ASSERT(!seen_->closed);
    seen_->closed = true;
    seen_->reason = reason;
  }

 private:
  std::shared_ptr<Seen> seen_;
};

StreamPeer::StreamPeer(std::shared_ptr<net::Stream> accepted) : stream_(std::move(accepted)) {
  seen_->connected = true;
  stream_->start(std::make_shared<Handler>(seen_));
}

std::unique_ptr<StreamPeer> StreamPeer::connect(net::Network& network, const net::ConnectOptions& options,
                                                unsigned worker) {
  std::unique_ptr<StreamPeer> peer(new StreamPeer);
  peer->stream_ = network.connect(worker, options, std::make_shared<Handler>(peer->seen_));
  return peer;
}

StreamPeer::~StreamPeer() {
  if (!seen_->closed) stream_->abort();
}

StreamServer::StreamServer(net::Network& network, const base::Endpoint& local, const net::StreamOptions& options) {
  auto bound = network.listen(local, options, *this);
  CARILLON_ASSERT(bound.has_value());
  listener_ = std::move(*bound);
}

void StreamServer::on_accept(std::shared_ptr<net::Stream> stream) {
  accepted_.push_back(std::make_unique<StreamPeer>(std::move(stream)));
}

}  // namespace carillon::testing
