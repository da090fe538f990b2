// SPDX-License-Identifier: Apache-2.0
// The bare relay: what the kernel alone costs for the packets of a call. One thread, one socket, blocking recvmmsg and
// sendmmsg; the first line of a datagram is looked at, nothing is parsed. With users it asks
// a database besides: what the kernel and a client library alone cost for an authenticated request.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <string_view>

#include "base/ip.h"
#include "base/result.h"
#include "relay/user_table.h"

namespace carillon::bench {

struct RelaySettings {
  base::Endpoint listen;
  base::Endpoint callee;       // where requests go
  std::size_t padding = 0;     // bytes a proxy adds to a request, and takes off a response
  UserTable* users = nullptr;  // asked for the sender of each REGISTER and INVITE, if there is one
};

// A bound UDP socket; the caller closes it. Errors carry errno.
[[nodiscard]] base::Result<int> open_relay_socket(const base::Endpoint& listen);

// Requests go to the callee, and an INVITE is also answered with a 100; responses go to the caller, less `padding`
// spare bytes that the callee put at their end; a REGISTER is answered with its own headers under a 200.
class Relay {
 public:
  Relay(int descriptor, const RelaySettings& settings);
  Relay(const Relay&) = delete;  // the headers point into the object
  Relay& operator=(const Relay&) = delete;
  ~Relay() = default;

  // Waits for datagrams, at most as long as the socket's receive timeout says, and relays those that have come.
  void relay_batch();

 private:
  static constexpr std::size_t kBatch = 32;
  static constexpr std::size_t kDatagramSize = 4096;

  // One datagram to send, gathered from at most three pieces.
  class Outgoing {
   public:
    void start(const sockaddr_storage& to, socklen_t length);
    void add(std::string_view piece);
    [[nodiscard]] const mmsghdr& header() const { return header_; }

   private:
    sockaddr_storage to_{};
    std::array<iovec, 3> pieces_{};
    mmsghdr header_{};
  };

  void relay(std::string_view datagram, const sockaddr_storage& source, socklen_t source_length);
  Outgoing& next(const sockaddr_storage& to, socklen_t length);
  bool is_known_sender(std::string_view request);
  void flush();

  int descriptor_;
  RelaySettings settings_;
  sockaddr_storage callee_{};
  socklen_t callee_length_ = 0;
  sockaddr_storage caller_{};  // the generator calls from one socket
  socklen_t caller_length_ = 0;
  std::array<std::array<char, kDatagramSize>, kBatch> buffers_{};
  std::array<char, kDatagramSize> padding_{};
  std::array<sockaddr_storage, kBatch> sources_{};
  std::array<iovec, kBatch> parts_{};
  std::array<mmsghdr, kBatch> headers_{};
  std::array<Outgoing, 2 * kBatch> outgoing_{};
  std::array<mmsghdr, 2 * kBatch> to_send_{};
  std::size_t queued_ = 0;
};

}  // namespace carillon::bench
