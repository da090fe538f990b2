// SPDX-License-Identifier: Apache-2.0
// The socket of a user agent of a scenario: one UDP or TCP address on the fake network.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "testing/peer.h"
#include "testing/scenario/text_message.h"

namespace carillon::testing {

class Phone {
 public:
  struct Options {
    std::string name;
    bool tcp = false;
    base::Endpoint local;
    base::Endpoint server;  // where it sends its requests
  };
  // A message that came in, and the way back.
  struct Arrival {
    std::string bytes;
    std::optional<TextMessage> message;  // nothing: not SIP
    base::Endpoint from;
    std::size_t connection = 0;  // TCP: which
  };

  Phone(net::Network& network, Options options);

  [[nodiscard]] const Options& options() const { return options_; }
  // "10.0.0.11:5060"
  [[nodiscard]] std::string host_port() const { return options_.local.to_string(); }

  void send(std::string_view bytes);
  void answer(const Arrival& request, std::string_view bytes);
  // What came in since the last call.
  [[nodiscard]] std::vector<Arrival> take();
  // Closes every TCP connection.
  void hang_up();

 private:
  // A TCP connection, whoever opened it.
  struct Stream {
    StreamPeer* peer;
    std::string unread;
  };

  [[nodiscard]] Stream& own_stream();
  void take_from(std::size_t connection, std::vector<Arrival>& arrivals);

  net::Network& network_;
  Options options_;
  std::unique_ptr<DatagramPeer> datagrams_;
  std::unique_ptr<StreamServer> server_;
  std::vector<std::unique_ptr<StreamPeer>> opened_;
  std::vector<Stream> streams_;
  std::size_t accepted_ = 0;               // of server_, known to streams_
  std::optional<std::size_t> own_stream_;  // where requests go
};

}  // namespace carillon::testing
