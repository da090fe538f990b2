// SPDX-License-Identifier: Apache-2.0
// See phone.h.
#include "testing/scenario/phone.h"

#include <utility>

namespace carillon::testing {

Phone::Phone(net::Network& network, Options options) : network_(network), options_(std::move(options)) {
  if (options_.tcp) {
    server_ = std::make_unique<StreamServer>(network_, options_.local);
  } else {
    datagrams_ = std::make_unique<DatagramPeer>(network_, options_.local);
  }
}

void Phone::send(std::string_view bytes) {
  if (datagrams_) {
    datagrams_->send(options_.server, bytes);
  } else {
    static_cast<void>(own_stream().peer->send(bytes));
  }
}

void Phone::answer(const Arrival& request, std::string_view bytes) {
  if (datagrams_) {
    datagrams_->send(request.from, bytes);
  } else {
    static_cast<void>(streams_[request.connection].peer->send(bytes));
  }
}

Phone::Stream& Phone::own_stream() {
  if (own_stream_ && !streams_[*own_stream_].peer->seen().closed) return streams_[*own_stream_];
  const base::Endpoint any_port{options_.local.address, 0};
  opened_.push_back(StreamPeer::connect(network_, {.remote = options_.server, .local = any_port}));
  own_stream_ = streams_.size();
  streams_.push_back({opened_.back().get(), {}});
  return streams_.back();
}

std::vector<Phone::Arrival> Phone::take() {
  std::vector<Arrival> arrivals;
  if (datagrams_) {
    while (auto datagram = datagrams_->take()) {
      auto message = TextMessage::parse(datagram->bytes);
      arrivals.push_back({std::move(datagram->bytes), std::move(message), datagram->from, 0});
    }
    return arrivals;
  }
  for (; accepted_ < server_->accepted().size(); ++accepted_) {
    streams_.push_back({server_->accepted()[accepted_].get(), {}});
  }
  for (std::size_t connection = 0; connection < streams_.size(); ++connection) take_from(connection, arrivals);
  return arrivals;
}

void Phone::take_from(std::size_t connection, std::vector<Arrival>& arrivals) {
  Stream& stream = streams_[connection];
  stream.unread += stream.peer->take();
  while (const std::size_t length = message_length(stream.unread)) {
    std::string bytes = stream.unread.substr(0, length);
    stream.unread.erase(0, length);
    auto message = TextMessage::parse(bytes);
    arrivals.push_back({std::move(bytes), std::move(message), stream.peer->stream().remote(), connection});
  }
}

void Phone::hang_up() {
  for (const Stream& stream : streams_) {
    if (!stream.peer->seen().closed) stream.peer->stream().close();
  }
  own_stream_.reset();
}

}  // namespace carillon::testing
