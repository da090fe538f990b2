// SPDX-License-Identifier: Apache-2.0
// File descriptors of sockets: owned, bound one a worker, named in errors. Internal to net/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ip.h"
#include "base/result.h"

namespace carillon::net {

// Owns a file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int number) : number_(number) {}
  FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~FileDescriptor();

  [[nodiscard]] int get() const { return number_; }
  [[nodiscard]] int release() { return std::exchange(number_, -1); }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

enum class SocketType : std::uint8_t { Datagram, Stream };

// "udp:127.0.0.1:5060: address already in use", code = `error`.
[[nodiscard]] base::Error socket_error(SocketType type, const base::Endpoint& endpoint, int error);

// A non-blocking socket of the endpoint's family; IPv6 sockets carry IPv6 only.
[[nodiscard]] base::Result<FileDescriptor> open_socket(SocketType type, const base::Endpoint& endpoint);

[[nodiscard]] base::Endpoint local_endpoint(int socket);

// Sets an integer option; what the system doesn't know or grant is left as it is.
void set_option(int socket, int level, int option, int value);

struct BoundSockets {
  base::Endpoint local;  // with the port that was chosen
  std::vector<FileDescriptor> sockets;
};

// `count` sockets on one address, sharing it by SO_REUSEPORT when there are several. That the address is free is tried
// first with a socket that doesn't share, because one that does would join a stranger's port in silence; unless it is
// to be `shared` with other processes.
[[nodiscard]] base::Result<BoundSockets> bind_sockets(SocketType type, const base::Endpoint& local, unsigned count,
                                                      bool shared = false);

// IP_TOS or IPV6_TCLASS; nothing when negative.
void set_traffic_class(int socket, base::Family family, int traffic_class);

}  // namespace carillon::net
