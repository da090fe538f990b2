// SPDX-License-Identifier: Apache-2.0
// See identity.h.
#include "routing/identity.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "base/ip.h"
#include "base/strings.h"

namespace carillon::routing {
namespace {

// IPv6 addresses have many spellings: one of them is compared.
std::string canonical_host(std::string_view host) {
  if (const auto address = base::IpAddress::parse(host)) return address->to_uri_host();
  return base::to_lower(host);
}

std::vector<base::IpAddress> local_addresses(base::Family family) {
  std::vector<base::IpAddress> found;
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return found;
  for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    sockaddr_storage storage{};
    const int kind = one->ifa_addr->sa_family;
    if (kind != AF_INET && kind != AF_INET6) continue;
    std::memcpy(&storage, one->ifa_addr, kind == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    const base::IpAddress address = base::Endpoint::from_sockaddr(storage).address;
    if (address.family() == family) found.push_back(address);
  }
  freeifaddrs(first);
  return found;
}

bool is_subdomain(std::string_view host, std::string_view domain) {
  return host.size() > domain.size() && host[host.size() - domain.size() - 1] == '.' &&
         base::iequals(host.substr(host.size() - domain.size()), domain);
}

}  // namespace

void Identity::add(Name name) {
  name.host = canonical_host(name.host);
  names_.push_back(std::move(name));
}

void Identity::add_listeners(const transport::TransportLayer& transport) {
  for (const transport::Listener& listener : transport.listeners()) {
    if (listener.local.address.is_unspecified()) {
      for (const base::IpAddress& address : local_addresses(listener.local.address.family())) {
        add({address.to_uri_host(), listener.local.port, false});
      }
    } else {
      add({listener.local.address.to_uri_host(), listener.local.port, false});
    }
    if (listener.advertised) add({listener.host, listener.port, listener.accept_subdomain});
    if (!listener.host_name.empty()) add({listener.host_name, listener.local.port, listener.accept_subdomain});
  }
}

bool Identity::is_myself(std::string_view host, std::uint16_t port) const {
  // Names without a digit or colon up front are no addresses: the usual case needs no copy.
  const bool may_be_address = !host.empty() && (host.front() == '[' || host.find(':') != std::string_view::npos);
  const std::string canonical = may_be_address ? canonical_host(host) : std::string();
  const std::string_view wanted = may_be_address ? std::string_view(canonical) : host;
  const auto has = [&](const Name& name) {
    if (port != 0 && name.port != 0 && port != name.port) return false;
    return base::iequals(wanted, name.host) || (name.accept_subdomain && is_subdomain(wanted, name.host));
  };
  return std::ranges::any_of(names_, has) ||
         std::ranges::any_of(sources_, [&](const Source* source) { return source->is_ours(wanted); });
}

bool Identity::is_myself(const sip::Uri& uri) const {
  if (!uri.is_sip()) return false;
  if (!uri.maddr().empty() && !is_myself(uri.maddr(), uri.port_or_default())) return false;
  return is_myself(uri.host, uri.port_or_default());
}

}  // namespace carillon::routing
