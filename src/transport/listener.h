// SPDX-License-Identifier: Apache-2.0
// An address the server is reached at: what `socket=` declares.
#pragma once

#include <cstdint>
#include <string>

#include "base/ip.h"
#include "transport/flow.h"

namespace carillon::transport {

struct ListenOptions {
  Protocol protocol = Protocol::Udp;
  base::IpAddress address{};  // may be 0.0.0.0 or ::
  std::uint16_t port = 0;     // 0: any free one
  // Written into Via, Record-Route and Contact in place of the address, unless empty.
  std::string advertised_host{};
  std::uint16_t advertised_port = 0;
  std::string tag{};       // another name for scripts
  bool anycast = false;    // said to scripts: other servers have this address too
  int traffic_class = -1;  // IP_TOS; -1: the system's
  bool shared = false;     // reuse_port: other processes may have this address too
  // As `socket=` names it, when that is no address: one more name of ours; with accept_subdomain what ends in it, too.
  std::string host_name{};
  bool accept_subdomain = false;
};

struct Listener {
  ListenerId id = ListenerId::None;
  Protocol protocol = Protocol::Udp;
  base::Endpoint local;  // as bound
  std::string name;      // "udp:127.0.0.1:5060"
  std::string tag;
  bool anycast = false;
  int traffic_class = -1;
  std::string host_name;  // of the socket= line, if that has a name
  bool accept_subdomain = false;
  std::string host;         // as written into messages: advertised, or the address (IPv6 in brackets)
  std::uint16_t port = 0;   // likewise
  std::string sent_by;      // "host:port" of the two, for a Via
  bool advertised = false;  // `host` was given by the administrator
};

}  // namespace carillon::transport
