// SPDX-License-Identifier: Apache-2.0
// A UDP socket connected to the server under load: datagrams are read and written in batches, without copies.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/ip.h"
#include "base/result.h"

namespace carillon::bench {

inline constexpr std::size_t kBatch = 64;
inline constexpr std::size_t kDatagramSize = 4096;

class UdpBatch {
 public:
  // Binds `local` (port 0: any) and connects to `server`. Errors carry errno.
  [[nodiscard]] static base::Result<UdpBatch> open(const base::Endpoint& local, const base::Endpoint& server);

  UdpBatch(UdpBatch&&) = default;
  UdpBatch& operator=(UdpBatch&&) = default;
  ~UdpBatch() = default;

  [[nodiscard]] int descriptor() const { return *descriptor_; }
  [[nodiscard]] const base::Endpoint& local() const { return local_; }

  // What has arrived, at most kBatch datagrams; never waits. Valid until the next call.
  [[nodiscard]] std::span<const std::string_view> receive();

  // Room for one datagram of kDatagramSize bytes; commit() queues what was written there. A full queue is flushed.
  [[nodiscard]] char* room() { return buffers_->outgoing[queued_].data(); }
  void commit(std::size_t length);
  void flush();

  // Datagrams that the kernel dropped because we did not read fast enough.
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  struct CloseDescriptor {
    void operator()(const int* descriptor) const;
  };
  using Buffer = std::array<char, kDatagramSize>;
  struct Buffers {
    std::array<Buffer, kBatch> incoming;
    std::array<Buffer, kBatch> outgoing;
    std::array<iovec, kBatch> incoming_parts;
    std::array<iovec, kBatch> outgoing_parts;
    std::array<mmsghdr, kBatch> incoming_headers;
    std::array<mmsghdr, kBatch> outgoing_headers;
    std::array<std::string_view, kBatch> received;
  };

  explicit UdpBatch(int descriptor);

  std::unique_ptr<int, CloseDescriptor> descriptor_;
  std::unique_ptr<Buffers> buffers_;
  base::Endpoint local_;
  std::size_t queued_ = 0;
};

}  // namespace carillon::bench
