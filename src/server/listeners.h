// SPDX-License-Identifier: Apache-2.0
// `socket=` and -l to addresses to bind: names and interfaces resolved, ports filled in.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "module/registry.h"
#include "script/program.h"
#include "transport/listener.h"

namespace carillon::server {

// What DNS or the hosts file calls an address. May take as long as the name server does.
[[nodiscard]] std::vector<std::string> dns_names(const base::IpAddress& address);

struct Sockets {
  std::vector<transport::ListenOptions> listen;
  std::vector<std::string> problems;         // one line each, with the place in the script
  std::vector<script::Diagnostic> mistakes;  // what of it is the script's, for `carillon check`
};

// What the host of a socket stands for: an address, "*", an interface or a name. Nothing: it is none of them.
using HostAddresses = std::function<std::vector<base::IpAddress>(const std::string& host)>;

// The sockets of a script. A protocol whose module isn't loaded is a problem. `addresses`: in the place of this
// machine's interfaces and names.
[[nodiscard]] Sockets resolve_sockets(const script::Program& program, const module::Registry& registry,
                                      const HostAddresses& addresses = {});
// The same with `mistakes` only.
[[nodiscard]] Sockets resolve_sockets(std::span<const script::SocketSpec> specs, const module::Registry& registry,
                                      const HostAddresses& addresses = {});
// "udp:127.0.0.1:5060", "tcp:[::1]", "127.0.0.1" (udp), "udp:eth0:5060".
[[nodiscard]] Sockets resolve_socket(std::string_view text);
// Adds those of `more` that aren't there yet.
void join(Sockets& sockets, Sockets more);

}  // namespace carillon::server
