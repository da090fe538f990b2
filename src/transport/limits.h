// SPDX-License-Identifier: Apache-2.0
// What bounds the transport layer. Names of script parameters are given where there is one; defaults are OpenSIPS's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ip.h"
#include "base/time.h"
#include "sip/verdict.h"

namespace carillon::transport {

// `;alias` in a Via (RFC 5923): requests to the address it names go back on the connection it came by.
enum class AcceptAliases : std::uint8_t { Never, WhenAsked, Always };

struct Limits {
  sip::Limits message;  // one message, on any protocol

  // tcp_max_connections: accepted stream connections. Further ones are closed at once and counted.
  std::size_t max_connections = 2048;
  // Connections we opened or are opening; a further open() fails.
  std::size_t max_outgoing_connections = 16'384;
  // open() calls that wait for a name or a connection; a further one fails.
  std::size_t max_pending_opens = 65'536;

  base::Duration connect_timeout = std::chrono::milliseconds(100);  // tcp_connect_timeout
  base::Duration connection_lifetime = std::chrono::seconds(120);   // tcp_connection_lifetime: without traffic
  base::Duration max_message_time = std::chrono::seconds(4);  // tcp_max_msg_time: first to last byte of one message
  // An accepted connection is closed at this age unless mark_authenticated() was called for it.
  base::Duration unauthenticated_lifetime = std::chrono::seconds(200);
  // Peers the rule above does not touch, and whose maddr is followed (see response_target.h).
  std::vector<base::IpNetwork> trusted_networks;

  // Bytes waiting for a slow reader of one connection; more closes it.
  std::size_t connection_write_queue = 512 * 1024;

  bool keepalive = true;       // tcp_keepalive: SO_KEEPALIVE on streams
  int keepalive_count = 0;     // tcp_keepcount; 0: the system's
  int keepalive_idle = 0;      // tcp_keepidle: seconds
  int keepalive_interval = 0;  // tcp_keepinterval: seconds

  bool multihomed = false;          // mhomed: the listener is that of the kernel's route
  bool first_address_only = false;  // disable_dns_failover

  AcceptAliases accept_aliases = AcceptAliases::Never;  // tcp_accept_aliases
  bool crlf_pingpong = true;  // tcp_crlf_pingpong: CRLFCRLF on a stream is answered with CRLF (RFC 5626 section 3.5.1)

  // A request larger than this goes by TCP when the protocol was left open (RFC 3261 section 18.1.1 says 1300).
  // 0: never, as OpenSIPS does, because many phones behind NAT can't be reached by TCP.
  std::size_t udp_switch_size = 0;

  // check_via: responses whose top Via is not ours are dropped (RFC 3261 section 18.1.2). Off as in OpenSIPS.
  bool check_via = false;
};

}  // namespace carillon::transport
