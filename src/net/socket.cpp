// SPDX-License-Identifier: Apache-2.0
// Opening and binding sockets.
#include "net/socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/strings.h"

namespace carillon::net {

namespace {

constexpr int kPortAttempts = 8;

base::Result<FileDescriptor> bind_one(SocketType type, const base::Endpoint& local, bool shared) {
  auto socket = open_socket(type, local);
  if (!socket) return socket;
  // A listener's port may have connections of its predecessor in TIME_WAIT.
  if (type == SocketType::Stream) set_option(socket->get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (shared) set_option(socket->get(), SOL_SOCKET, SO_REUSEPORT, 1);
  sockaddr_storage address{};
  const socklen_t length = local.to_sockaddr(address);
  if (::bind(socket->get(), reinterpret_cast<const sockaddr*>(&address), length) != 0)
    return std::unexpected(socket_error(type, local, errno));
  return socket;
}

base::Result<BoundSockets> bind_shared(SocketType type, const base::Endpoint& local, unsigned count, bool shared) {
  BoundSockets bound;
  {
    auto probe = bind_one(type, local, shared);
    if (!probe) return std::unexpected(std::move(probe.error()));
    bound.local = local_endpoint(probe->get());
    if (count == 1) {
      bound.sockets.push_back(std::move(*probe));
      return bound;
    }
  }
  for (unsigned number = 0; number < count; ++number) {
    auto socket = bind_one(type, bound.local, true);
    if (!socket) return std::unexpected(std::move(socket.error()));
    bound.sockets.push_back(std::move(*socket));
  }
  return bound;
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (number_ >= 0) ::close(number_);
}

base::Error socket_error(SocketType type, const base::Endpoint& endpoint, int error) {
  std::string reason = std::generic_category().message(error);
  if (!reason.empty()) reason[0] = base::to_lower(reason[0]);
  return {(type == SocketType::Datagram ? "udp:" : "tcp:") + endpoint.to_string() + ": " + reason, error};
}

base::Result<FileDescriptor> open_socket(SocketType type, const base::Endpoint& endpoint) {
  const int family = endpoint.address.is_v6() ? AF_INET6 : AF_INET;
  const int kind = type == SocketType::Datagram ? SOCK_DGRAM : SOCK_STREAM;
  FileDescriptor socket(::socket(family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return std::unexpected(socket_error(type, endpoint, errno));
  if (family == AF_INET6) set_option(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  return socket;
}

base::Endpoint local_endpoint(int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) return {};
  return base::Endpoint::from_sockaddr(address);
}

void set_option(int socket, int level, int option, int value) {
  static_cast<void>(::setsockopt(socket, level, option, &value, sizeof value));
}

base::Result<BoundSockets> bind_sockets(SocketType type, const base::Endpoint& local, unsigned count, bool shared) {
  auto bound = bind_shared(type, local, count, shared);
  // Somebody may take the chosen port between the probe and the sockets.
  for (int attempt = 1; !bound && local.port == 0 && bound.error().code == EADDRINUSE && attempt < kPortAttempts;
       ++attempt)
    bound = bind_shared(type, local, count, shared);
  return bound;
}

void set_traffic_class(int socket, base::Family family, int traffic_class) {
  if (traffic_class < 0) return;
  if (family == base::Family::V6) {
    set_option(socket, IPPROTO_IPV6, IPV6_TCLASS, traffic_class);
  } else {
    set_option(socket, IPPROTO_IP, IP_TOS, traffic_class);
  }
}

}  // namespace carillon::net
