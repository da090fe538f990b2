// SPDX-License-Identifier: Apache-2.0
// The URI by which later requests come back to us, as Record-Route and Path name it.
#pragma once

#include <string>
#include <string_view>

#include "routing/route_context.h"
#include "transport/listener.h"

namespace carillon::routing {

struct ProxySettings;

// One entry: "<sip:user@host:port;transport=tcp;r2=on;lr;ftag=x>".
struct OwnUri {
  std::string_view user;
  std::string_view host_port;
  transport::Protocol protocol = transport::Protocol::Udp;
  std::string_view from_tag;
  std::string_view params;  // each with its ";"
  bool one_of_two = false;
};

// As a header line of its own.
void append_own_uri(std::string& lines, std::string_view header, const OwnUri& uri);

// What others call this listener: the advertised address of the script, of the socket, or of the server.
[[nodiscard]] std::string own_host_port(const transport::Listener& listener, const Decision& decision,
                                        const ProxySettings& settings);

}  // namespace carillon::routing
