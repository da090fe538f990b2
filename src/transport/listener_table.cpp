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
  listener.anycast = options.anycast;
  listener.traffic_class = options.traffic_class;
  listener.host_name = options.host_name;
  listener.accept_subdomain = options.accept_subdomain;
  listener.advertised = !options.advertised_host.empty();
  listener.host = listener.advertised ? written_host(options.advertised_host) : written_host(local.address);
  listener.port = options.advertised_port != 0 ? options.advertised_port : local.port;
  listener.sent_by = listener.host + ':' + std::to_string(listener.port);
  return listeners_.emplace_back(std::move(listener));
}

base::Result<> ListenerTable::add_bond(const std::string& name, const std::vector<std::string>& members) {
  Bond bond;
  bond.face.id = static_cast<ListenerId>(kFirstBond + bonds_.size());
  bond.face.name = "bond:" + name;
  if (find(bond.face.name) != nullptr) return base::fail(bond.face.name + ": there is another bond of this name");
  for (const std::string& member : members) {
    const Listener* listener = find(member);
    if (listener == nullptr || !contains(listener->id)) {
      return base::fail(bond.face.name + ": '" + member + "' is no socket of this server");
    }
    bond.members.push_back(listener->id);
  }
  if (bond.members.empty()) return base::fail(bond.face.name + " has no members");
  bonds_.push_back(std::move(bond));
  return {};
}

const ListenerTable::Bond* ListenerTable::bond_of(ListenerId id) const {
  const auto number = static_cast<std::size_t>(id);
  if (id == ListenerId::None || number < kFirstBond || number - kFirstBond >= bonds_.size()) return nullptr;
  return &bonds_[number - kFirstBond];
}

bool ListenerTable::is_in_bond(ListenerId listener, std::string_view bond) const {
  for (const Bond& one : bonds_) {
    const std::string_view name = one.face.name;
    if (!base::iequals(bond, name) && !base::iequals(bond, name.substr(name.find(':') + 1))) continue;
    return std::ranges::find(one.members, listener) != one.members.end();
  }
  return false;
}

std::string_view ListenerTable::name_of(ListenerId id) const {
  if (contains(id)) return get(id).name;
  const Bond* const bond = bond_of(id);
  return bond != nullptr ? std::string_view(bond->face.name) : std::string_view{};
}

const Listener* ListenerTable::find(std::string_view wanted) const {
  const auto is_wanted = [wanted](const Listener& listener) {
    if (base::iequals(wanted, listener.name)) return true;
    if (!listener.tag.empty() && base::iequals(wanted, listener.tag)) return true;
    std::string_view rest = wanted;
    return base::iequals(base::take_until(rest, ':'), name(listener.protocol)) && base::iequals(rest, listener.sent_by);
  };
  const auto found = std::ranges::find_if(listeners_, is_wanted);
  if (found != listeners_.end()) return &*found;
  const auto bond =
      std::ranges::find_if(bonds_, [wanted](const Bond& one) { return base::iequals(wanted, one.face.name); });
  return bond == bonds_.end() ? nullptr : &bond->face;
}

const Listener* ListenerTable::choose(Protocol protocol, base::Family family, ListenerId forced,
                                      ListenerId received_on) const {
  if (const Bond* const bond = bond_of(forced)) {
    for (const ListenerId member : bond->members) {
      if (fits(get(member), protocol, family)) return &get(member);
    }
    return nullptr;
  }
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
