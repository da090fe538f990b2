// SPDX-License-Identifier: Apache-2.0
// Names of listeners, and which of them fits a destination.
#include "transport/listener_table.h"

#include <algorithm>
#include <string>

#include "base/strings.h"
#include "transport/outgoing_address.h"

namespace carillon::transport {
namespace {

// What to write into messages for a listener that nobody advertised otherwise. A wildcard says nothing to the peer.
std::string written_host(const base::IpAddress& bound) {
  return (bound.is_unspecified() ? outgoing_address(bound.family()) : bound).to_uri_host();
}

// An address given by the administrator may be IPv6 without brackets.
std::string written_host(const std::string& advertised) {
  const auto address = base::IpAddress::parse(advertised);
  return address ? address->to_uri_host() : advertised;
}

bool fits(const Listener& listener, Protocol protocol, base::Family family) {
  return listener.protocol == protocol && listener.local.address.family() == family;
}

}  // namespace

const Listener& ListenerTable::add(const ListenOptions& options, const base::Endpoint& local) {
  Listener listener;
  listener.id = static_cast<ListenerId>(listeners_.size());
  listener.protocol = options.protocol;
  listener.local = local;
  listener.name = socket_name(options.protocol, local);
  listener.tag = options.tag;
  listener.advertised = !options.advertised_host.empty();
  listener.host = listener.advertised ? written_host(options.advertised_host) : written_host(local.address);
  listener.port = options.advertised_port != 0 ? options.advertised_port : local.port;
  listener.sent_by = listener.host + ':' + std::to_string(listener.port);
  return listeners_.emplace_back(std::move(listener));
}

const Listener* ListenerTable::find(std::string_view wanted) const {
  const auto is_wanted = [wanted](const Listener& listener) {
    if (base::iequals(wanted, listener.name)) return true;
    if (!listener.tag.empty() && base::iequals(wanted, listener.tag)) return true;
    std::string_view rest = wanted;
    return base::iequals(base::take_until(rest, ':'), name(listener.protocol)) && base::iequals(rest, listener.sent_by);
  };
  const auto found = std::ranges::find_if(listeners_, is_wanted);
  return found == listeners_.end() ? nullptr : &*found;
}

const Listener* ListenerTable::choose(Protocol protocol, base::Family family, ListenerId forced,
                                      ListenerId received_on) const {
  if (forced != ListenerId::None) {
    return contains(forced) && fits(get(forced), protocol, family) ? &get(forced) : nullptr;
  }
  if (contains(received_on) && fits(get(received_on), protocol, family)) return &get(received_on);
  const auto found =
      std::ranges::find_if(listeners_, [&](const Listener& listener) { return fits(listener, protocol, family); });
  return found == listeners_.end() ? nullptr : &*found;
}

bool ListenerTable::wrote(const sip::Via& via) const {
  const auto protocol = parse_protocol(via.transport);
  if (!protocol) return false;
  const std::uint16_t port = via.port.value_or(default_port(*protocol));
  return std::ranges::any_of(listeners_, [&](const Listener& listener) {
    return listener.protocol == *protocol && listener.port == port && base::iequals(listener.host, via.host);
  });
}

}  // namespace carillon::transport
