// SPDX-License-Identifier: Apache-2.0
// See listeners.h.
#include "server/listeners.h"

#include <fmt/format.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <tuple>

#include "base/strings.h"
#include "modules/core/core.h"
#include "modules/proto_tcp/api.h"
#include "modules/proto_udp/api.h"

namespace carillon::server {
namespace {

using script::DiagnosticCode;
using transport::Protocol;

base::IpAddress address_of(const sockaddr* from) {
  sockaddr_storage storage{};
  std::memcpy(&storage, from, from->sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
  return base::Endpoint::from_sockaddr(storage).address;
}

std::vector<base::IpAddress> interface_addresses(const std::string& name) {
  std::vector<base::IpAddress> found;
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return found;
  for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || name != one->ifa_name) continue;
    const int family = one->ifa_addr->sa_family;
    if (family == AF_INET || family == AF_INET6) found.push_back(address_of(one->ifa_addr));
  }
  freeifaddrs(first);
  // Link-local addresses need a zone, which SIP can't write down.
  std::erase_if(found, [](const base::IpAddress& address) {
    static const auto kLinkLocal = base::IpNetwork::parse("fe80::/10");
    return kLinkLocal->contains(address);
  });
  return found;
}

std::vector<base::IpAddress> name_addresses(const std::string& name) {
  std::vector<base::IpAddress> found;
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* first = nullptr;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &first) != 0) return found;
  for (const addrinfo* one = first; one != nullptr; one = one->ai_next) {
    const base::IpAddress address = address_of(one->ai_addr);
    if (std::ranges::find(found, address) == found.end()) found.push_back(address);
  }
  freeaddrinfo(first);
  return found;
}

struct Host {
  std::vector<base::IpAddress> addresses;
  bool is_name = false;  // neither an address nor an interface
};

Host find_host(const std::string& host) {
  if (host == "*") return {.addresses = {base::IpAddress::any(base::Family::V4)}};
  if (const auto address = base::IpAddress::parse(host)) return {.addresses = {*address}};
  if (auto on_interface = interface_addresses(host); !on_interface.empty()) {
    return {.addresses = std::move(on_interface)};
  }
  return {.addresses = name_addresses(host), .is_name = true};
}

const core::CoreSettings* core_settings(const module::Registry* registry) {
  const auto* const core = registry != nullptr ? registry->find_interface<core::Core>() : nullptr;
  return core != nullptr ? &core->settings : nullptr;
}

std::vector<std::uint16_t> ports_of(const script::SocketSpec& spec, std::uint16_t default_port) {
  if (spec.ports.empty()) return {default_port};
  std::vector<std::uint16_t> ports;
  for (const auto& [first, last] : spec.ports) {
    for (unsigned port = first; port <= last; ++port) ports.push_back(static_cast<std::uint16_t>(port));
  }
  return ports;
}

// What a socket without a port gets: the protocol's module may say something else than the standard.
std::uint16_t default_port(Protocol protocol, const module::Registry* registry) {
  // Of 1.x, for all protocols.
  const core::CoreSettings* const core = core_settings(registry);
  if (core != nullptr && core->port > 0 && core->port <= 65535) return static_cast<std::uint16_t>(core->port);
  if (registry != nullptr && protocol == Protocol::Udp) {
    if (const auto* udp = registry->find_interface<proto_udp::UdpSettings>()) return udp->default_port();
  }
  if (registry != nullptr && protocol == Protocol::Tcp) {
    if (const auto* tcp = registry->find_interface<proto_tcp::TcpSettings>()) return tcp->default_port();
  }
  return transport::default_port(protocol);
}

// The same socket twice is one, the first, as in OpenSIPS. Ranges of ports may make a hundred thousand of them.
void drop_repeats(std::vector<transport::ListenOptions>& sockets) {
  std::set<std::tuple<Protocol, base::IpAddress, std::uint16_t>> seen;
  std::erase_if(sockets, [&seen](const transport::ListenOptions& socket) {
    return socket.port != 0 && !seen.emplace(socket.protocol, socket.address, socket.port).second;
  });
}

// What is wrong with it; empty when nothing is.
std::string resolve(const script::SocketSpec& spec, const module::Registry* registry, const HostAddresses& addresses_of,
                    Sockets& sockets) {
  const auto protocol = transport::parse_protocol(spec.protocol);
  if (!protocol || (*protocol != Protocol::Udp && *protocol != Protocol::Tcp)) {
    return fmt::format("this server has no protocol '{}'", spec.protocol);
  }
  const Host host = addresses_of ? Host{.addresses = addresses_of(spec.host)} : find_host(spec.host);
  if (host.addresses.empty()) {
    return fmt::format("'{}' is no address, interface or known name", spec.host);
  }
  const core::CoreSettings* const core = core_settings(registry);
  for (const base::IpAddress& address : host.addresses) {
    for (const std::uint16_t port : ports_of(spec, default_port(*protocol, registry))) {
      sockets.listen.push_back({.protocol = *protocol,
                                .address = address,
                                .port = port,
                                .advertised_host = spec.advertised_host,
                                .advertised_port = spec.advertised_port,
                                .tag = spec.tag,
                                .anycast = spec.anycast,
                                .traffic_class = spec.tos >= 0 || core == nullptr ? spec.tos : core->tos,
                                .shared = spec.reuse_port,
                                .host_name = host.is_name ? spec.host : std::string(),
                                .accept_subdomain = spec.accept_subdomain});
    }
  }
  return {};
}

}  // namespace

std::vector<std::string> dns_names(const base::IpAddress& address) {
  if (address.is_unspecified()) return {};
  sockaddr_storage socket{};
  const socklen_t size = base::Endpoint{address, 0}.to_sockaddr(socket);
  std::array<char, NI_MAXHOST> name{};
  const int failed = ::getnameinfo(reinterpret_cast<const sockaddr*>(&socket), size, name.data(), name.size(), nullptr,
                                   0, NI_NAMEREQD);
  if (failed != 0) return {};
  return {name.data()};
}

Sockets resolve_sockets(std::span<const script::SocketSpec> specs, const module::Registry& registry,
                        const HostAddresses& addresses) {
  Sockets sockets;
  for (const script::SocketSpec& spec : specs) {
    if (spec.protocol == "bond") continue;
    const std::string module = fmt::format("proto_{}", spec.protocol);
    script::Diagnostic mistake{.position = spec.position, .message = {}, .hint = {}, .code = DiagnosticCode::Socket};
    if (!registry.is_loaded(module)) {
      mistake.message = fmt::format("a {}: socket needs loadmodule \"{}.so\"", spec.protocol, module);
      mistake.code = DiagnosticCode::MissingLoadmodule;
    } else {
      mistake.message = resolve(spec, &registry, addresses, sockets);
    }
    if (!mistake.message.empty()) sockets.mistakes.push_back(std::move(mistake));
  }
  drop_repeats(sockets.listen);
  return sockets;
}

Sockets resolve_sockets(const script::Program& program, const module::Registry& registry,
                        const HostAddresses& addresses) {
  Sockets sockets = resolve_sockets(program.settings().sockets, registry, addresses);
  for (const script::Diagnostic& mistake : sockets.mistakes) {
    sockets.problems.push_back(fmt::format("{}: error: {}", program.describe(mistake.position), mistake.message));
  }
  return sockets;
}

Sockets resolve_socket(std::string_view text) {
  script::SocketSpec spec;
  spec.protocol = "udp";
  std::string_view rest = text;
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && transport::parse_protocol(text.substr(0, colon))) {
    spec.protocol = base::to_lower(text.substr(0, colon));
    rest.remove_prefix(colon + 1);
  }
  Sockets sockets;
  const auto complain = [&sockets, text](std::string_view problem) {
    if (!problem.empty()) sockets.problems.push_back(fmt::format("--listen {}: error: {}", text, problem));
  };
  const std::size_t port_at = rest.rfind(':');
  const bool has_port = port_at != std::string_view::npos && rest.find(']', port_at) == std::string_view::npos;
  if (has_port) {
    const auto port = base::parse_number<std::uint16_t>(rest.substr(port_at + 1));
    if (!port) {
      complain("not a port");
      return sockets;
    }
    spec.ports.emplace_back(*port, *port);
    rest = rest.substr(0, port_at);
  }
  spec.host = rest;
  complain(resolve(spec, nullptr, {}, sockets));
  drop_repeats(sockets.listen);
  return sockets;
}

void join(Sockets& sockets, Sockets more) {
  std::ranges::move(more.listen, std::back_inserter(sockets.listen));
  drop_repeats(sockets.listen);
  std::ranges::move(more.problems, std::back_inserter(sockets.problems));
}

}  // namespace carillon::server
