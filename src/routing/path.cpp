// SPDX-License-Identifier: Apache-2.0
// See path.h.
#include "routing/path.h"

#include <fmt/format.h>

#include "routing/own_uri.h"
#include "routing/settings.h"
#include "sip/grammar.h"

namespace carillon::routing {

std::string path_lines(const Decision& decision, const ProxySettings& settings, const transport::Flow& flow,
                       const transport::Listener& in, const transport::Listener& out) {
  const PathWish& wish = *decision.path;
  std::string received;
  if (wish.received) received = fmt::format(";received={}", sip::escape_param(source_uri(flow)));
  const bool two = wish.double_path && in.id != out.id;
  const std::string out_address = own_host_port(out, decision, settings);
  std::string lines;
  append_own_uri(lines, "Path",
                 {.user = wish.user,
                  .host_port = out_address,
                  .protocol = out.protocol,
                  .from_tag = {},
                  .params = two ? std::string_view{} : received,
                  .one_of_two = two});
  if (!two) return lines;
  const std::string in_address = own_host_port(in, decision, settings);
  append_own_uri(lines, "Path",
                 {.user = wish.user,
                  .host_port = in_address,
                  .protocol = in.protocol,
                  .from_tag = {},
                  .params = received,
                  .one_of_two = true});
  return lines;
}

std::string source_uri(const transport::Flow& flow) {
  std::string uri = fmt::format("sip:{}:{}", flow.remote.address.to_uri_host(), flow.remote.port);
  if (flow.protocol != transport::Protocol::Udp) uri += fmt::format(";transport={}", transport::name(flow.protocol));
  return uri;
}

std::optional<std::string> received_by_hop(const sip::Uri& hop) {
  const auto received = hop.param("received");
  if (!received) return std::nullopt;
  std::string source = sip::unescape(*received);
  if (source.find(':') == std::string::npos || !sip::Uri::parse(source)) source.insert(0, "sip:");
  return sip::Uri::parse(source) ? source : std::string{};
}

}  // namespace carillon::routing
