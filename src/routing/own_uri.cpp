// SPDX-License-Identifier: Apache-2.0
// See own_uri.h.
#include "routing/own_uri.h"

#include <fmt/format.h>

#include "routing/settings.h"
#include "sip/grammar.h"

namespace carillon::routing {

void append_own_uri(std::string& lines, std::string_view header, const OwnUri& uri) {
  lines.append(header).append(": <sip:");
  if (!uri.user.empty()) fmt::format_to(std::back_inserter(lines), "{}@", uri.user);
  lines += uri.host_port;
  if (uri.protocol != transport::Protocol::Udp) {
    fmt::format_to(std::back_inserter(lines), ";transport={}", transport::name(uri.protocol));
  }
  if (uri.one_of_two) lines += ";r2=on";
  lines += ";lr";
  // A tag may hold what a parameter of a URI may not.
  if (!uri.from_tag.empty()) lines.append(";ftag=").append(sip::escape_param(uri.from_tag));
  lines += uri.params;
  lines += ">\r\n";
}

std::string own_host_port(const transport::Listener& listener, const Decision& decision,
                          const ProxySettings& settings) {
  std::string_view host = listener.host;
  std::uint16_t port = listener.port;
  if (!decision.advertised_address.empty()) {
    host = decision.advertised_address;
  } else if (!listener.advertised && !settings.advertised_address.empty()) {
    host = settings.advertised_address;
  }
  if (decision.advertised_port != 0) {
    port = decision.advertised_port;
  } else if (!listener.advertised && settings.advertised_port != 0) {
    port = settings.advertised_port;
  }
  return port == transport::default_port(listener.protocol) ? std::string(host) : fmt::format("{}:{}", host, port);
}

}  // namespace carillon::routing
