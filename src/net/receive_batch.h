// SPDX-License-Identifier: Apache-2.0
// The buffers of a loop that datagrams are received into, up to 32 by one recvmmsg. Internal to net/.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <span>

#include "base/ip.h"
#include "net/datagram.h"

namespace carillon::net {

// One thread. Serves all sockets of a loop in turn.
class ReceiveBatch {
 public:
  static constexpr std::size_t kDatagrams = 32;
  static constexpr std::size_t kBuffer = 64 * 1024;  // larger than any datagram; memory is used where it is written

  ReceiveBatch();
  ~ReceiveBatch();
  ReceiveBatch(const ReceiveBatch&) = delete;
  ReceiveBatch& operator=(const ReceiveBatch&) = delete;

  struct Received {
    std::span<const ReceivedDatagram> datagrams;  // valid until the next receive()
    int error = 0;                                // errno when there are none
  };
  // Takes what waits on `socket`, bound to `local`.
  [[nodiscard]] Received receive(int socket, const base::Endpoint& local);

 private:
  // Room for IP_PKTINFO or IPV6_PKTINFO.
  struct alignas(cmsghdr) Control {
    std::array<std::byte, 64> bytes;
  };

  // Ready to receive into again. Those that received nothing still are: most batches are of one datagram.
  static void reset(msghdr& header);

  char* buffers_;
  std::array<mmsghdr, kDatagrams> headers_{};
  std::array<iovec, kDatagrams> pieces_{};
  std::array<sockaddr_storage, kDatagrams> sources_{};
  std::array<Control, kDatagrams> controls_{};
  std::array<ReceivedDatagram, kDatagrams> datagrams_{};
};

}  // namespace carillon::net
