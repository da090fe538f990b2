// SPDX-License-Identifier: Apache-2.0
// proto_tcp: lets a script have tcp: sockets. The transport is transport/tcp_transport.
#include "module/module.h"

namespace carillon::proto_tcp {
namespace {

using namespace module;

class ProtoTcp final : public Module {
 public:
  int tcp_port = 5060;
  int tcp_send_timeout = 100;
  int tcp_max_msg_chunks = 4;
  bool tcp_crlf_pingpong = true;
  bool tcp_crlf_drop = false;
  bool tcp_async = true;
  int tcp_async_max_postponed_chunks = 32;
  int tcp_async_local_connect_timeout = 100;
  int tcp_async_local_write_timeout = 10;
};

constexpr auto kParameters = std::to_array({
    parameter<&ProtoTcp::tcp_port>("tcp_port", "Port of tcp: sockets that name none."),
    parameter<&ProtoTcp::tcp_crlf_pingpong>("tcp_crlf_pingpong", "Answers CRLFCRLF with CRLF (RFC 5626)."),
    parameter<&ProtoTcp::tcp_send_timeout>("tcp_send_timeout", "Accepted; writing never waits."),
    parameter<&ProtoTcp::tcp_max_msg_chunks>("tcp_max_msg_chunks", "Accepted; tcp_max_msg_time bounds slow senders."),
    parameter<&ProtoTcp::tcp_crlf_drop>("tcp_crlf_drop", "Accepted; keep-alives never reach the script."),
    parameter<&ProtoTcp::tcp_async>("tcp_async", "Accepted; connecting and writing never wait."),
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
