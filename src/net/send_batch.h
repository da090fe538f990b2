// SPDX-License-Identifier: Apache-2.0
// The datagrams a socket has collected, written in place and sent by one sendmmsg. Internal to net/.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "base/ip.h"
#include "net/datagram.h"

namespace carillon::net {

// One thread.
class SendBatch {
 public:
  static constexpr std::size_t kDatagrams = 64;
  static constexpr std::size_t kBuffer = 256 * 1024;

  SendBatch();
  ~SendBatch();
  SendBatch(const SendBatch&) = delete;
  SendBatch& operator=(const SendBatch&) = delete;

  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] bool fits(std::size_t size) const { return count_ < kDatagrams && size <= kBuffer - used_; }

  // Room for the next datagram; `size` fits.
  [[nodiscard]] std::span<char> reserve(std::size_t size) { return {buffer_ + used_, size}; }
  void commit(std::size_t size, const DatagramDestination& destination);

  // Hands datagrams to the kernel from number `first` on. Returns how many it took; 0: errno says why not the first.
  [[nodiscard]] std::size_t send(int socket, std::size_t first);
  void clear() { count_ = used_ = 0; }

  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] const base::Endpoint& remote(std::size_t number) const { return remotes_[number]; }
  [[nodiscard]] std::uint64_t cookie(std::size_t number) const { return cookies_[number]; }
  [[nodiscard]] std::string_view bytes(std::size_t number) const {
    return {static_cast<const char*>(pieces_[number].iov_base), pieces_[number].iov_len};
  }

 private:
  struct alignas(cmsghdr) Control {
    std::array<std::byte, 64> bytes;
  };

  void set_source(std::size_t number, const base::IpAddress& source);

  char* buffer_;
  std::size_t used_ = 0;
  std::size_t count_ = 0;
  std::array<mmsghdr, kDatagrams> headers_{};
  std::array<iovec, kDatagrams> pieces_{};
  std::array<sockaddr_storage, kDatagrams> addresses_{};
  std::array<Control, kDatagrams> controls_{};
  std::array<base::Endpoint, kDatagrams> remotes_{};
  std::array<std::uint64_t, kDatagrams> cookies_{};
};

}  // namespace carillon::net
