// SPDX-License-Identifier: Apache-2.0
// proto_tcp: lets a script have tcp: sockets. The transport is transport/tcp_transport.
#include <fmt/format.h>

#include "base/ip.h"
#include "module/module.h"
#include "modules/proto_tcp/api.h"

namespace carillon::proto_tcp {
namespace {

using namespace module;

class ProtoTcp final : public Module, public TcpSettings {
 public:
  [[nodiscard]] std::uint16_t default_port() const override { return tcp_port; }
  [[nodiscard]] bool connects_behind_the_script() const override { return tcp_async; }
  void apply_to(transport::Limits& limits) const override {
    limits.crlf_pingpong = tcp_crlf_pingpong;
    limits.trusted_networks = trusted_networks_;
    limits.unauthenticated_lifetime = unauthenticated_lifetime;
    limits.max_outgoing_connections = max_outgoing_connections;
    limits.connection_write_queue = write_queue_size;
  }

  base::Result<> add_trusted_network(const script::Value& value) {
    const auto network = base::IpNetwork::parse(value.as_text());
    if (!network) return base::fail(fmt::format("'{}' is neither an address nor a network", value.as_text()));
    trusted_networks_.push_back(*network);
    return {};
  }

  std::uint16_t tcp_port = 5060;
  std::chrono::seconds unauthenticated_lifetime{200};
  std::size_t max_outgoing_connections = transport::Limits{}.max_outgoing_connections;
  std::size_t write_queue_size = transport::Limits{}.connection_write_queue;
  int tcp_send_timeout = 100;
  int tcp_max_msg_chunks = 4;
  bool tcp_crlf_pingpong = true;
  bool tcp_crlf_drop = false;
  bool tcp_async = true;
  int tcp_async_max_postponed_chunks = 32;
  int tcp_async_local_connect_timeout = 100;
  int tcp_async_local_write_timeout = 10;

 private:
  std::vector<base::IpNetwork> trusted_networks_;
};

constexpr auto kParameters = std::to_array({
    parameter<&ProtoTcp::tcp_port>("tcp_port", "Port of tcp: sockets that name none."),
    parameter<&ProtoTcp::tcp_crlf_pingpong>("tcp_crlf_pingpong", "Answers CRLFCRLF with CRLF (RFC 5626)."),
    parameter<&ProtoTcp::unauthenticated_lifetime>(
        "unauthenticated_lifetime", "Seconds until a connection on which no request was answered 2xx is closed."),
    parameter<&ProtoTcp::add_trusted_network>("trusted_network", ParameterType::Text,
                                              "\"10.0.0.0/8\": peers whose connections may stay without that."),
    parameter<&ProtoTcp::max_outgoing_connections>("max_outgoing_connections", "Connections that this server opened."),
    parameter<&ProtoTcp::write_queue_size>("write_queue_size",
                                           "Bytes that may wait for one slow reader; more closes its connection."),
    parameter<&ProtoTcp::tcp_send_timeout>("tcp_send_timeout", "Accepted; writing never waits."),
    parameter<&ProtoTcp::tcp_max_msg_chunks>("tcp_max_msg_chunks", "Accepted; tcp_max_msg_time bounds slow senders."),
    parameter<&ProtoTcp::tcp_crlf_drop>("tcp_crlf_drop", "Accepted; keep-alives never reach the script."),
    parameter<&ProtoTcp::tcp_async>("tcp_async",
                                    "Connecting never blocks; 0: it is given up after tcp_connect_timeout."),
    parameter<&ProtoTcp::tcp_async_max_postponed_chunks>("tcp_async_max_postponed_chunks",
                                                         "Accepted; the queue of a connection is bounded in bytes."),
    parameter<&ProtoTcp::tcp_async_local_connect_timeout>("tcp_async_local_connect_timeout",
                                                          "Accepted; see tcp_connect_timeout."),
    parameter<&ProtoTcp::tcp_async_local_write_timeout>("tcp_async_local_write_timeout",
                                                        "Accepted; writing never waits."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "proto_tcp",
    .documentation = "SIP over TCP.",
    .parameters = kParameters,
    .create = &create<ProtoTcp>,
};

}  // namespace carillon::proto_tcp
