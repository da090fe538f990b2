// SPDX-License-Identifier: Apache-2.0
// Batches of datagrams over recvmmsg and sendmmsg: the generator's only system calls in steady state.
#include "loadgen/udp_batch.h"

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace carillon::bench {

namespace {

// A burst of the server's must fit while this process is busy elsewhere.
constexpr int kSocketBuffer = 32 << 20;

base::Result<> bind_and_connect(int descriptor, const base::Endpoint& local, const base::Endpoint& server) {
  // As root past rmem_max; otherwise as much as it allows.
  if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &kSocketBuffer, sizeof kSocketBuffer) != 0) {
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &kSocketBuffer, sizeof kSocketBuffer);
  }
  sockaddr_storage address{};
  socklen_t length = local.to_sockaddr(address);
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    return base::fail("cannot bind " + local.to_string() + ": " + std::strerror(errno), errno);
  }
  length = server.to_sockaddr(address);
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    return base::fail("cannot connect to " + server.to_string() + ": " + std::strerror(errno), errno);
  }
  return {};
}

}  // namespace

void UdpBatch::CloseDescriptor::operator()(const int* descriptor) const {
  close(*descriptor);
  delete descriptor;
}

UdpBatch::UdpBatch(int descriptor) : descriptor_(new int(descriptor)), buffers_(std::make_unique<Buffers>()) {
  for (std::size_t i = 0; i < kBatch; ++i) {
    buffers_->incoming_parts[i] = {buffers_->incoming[i].data(), kDatagramSize};
    buffers_->outgoing_parts[i] = {buffers_->outgoing[i].data(), 0};
    buffers_->incoming_headers[i].msg_hdr.msg_iov = &buffers_->incoming_parts[i];
    buffers_->incoming_headers[i].msg_hdr.msg_iovlen = 1;
    buffers_->outgoing_headers[i].msg_hdr.msg_iov = &buffers_->outgoing_parts[i];
    buffers_->outgoing_headers[i].msg_hdr.msg_iovlen = 1;
  }
}

base::Result<UdpBatch> UdpBatch::open(const base::Endpoint& local, const base::Endpoint& server) {
  const int descriptor = socket(server.address.is_v4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return base::fail(std::string("cannot make a socket: ") + std::strerror(errno), errno);
  UdpBatch batch(descriptor);
  if (auto bound = bind_and_connect(descriptor, local, server); !bound) return std::unexpected(bound.error());
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length);
  batch.local_ = base::Endpoint::from_sockaddr(address);
  return batch;
}

std::span<const std::string_view> UdpBatch::receive() {
  const int count = recvmmsg(descriptor(), buffers_->incoming_headers.data(), kBatch, MSG_DONTWAIT, nullptr);
  if (count <= 0) return {};  // nothing there, or ICMP's word that nobody listens: the timers tell
  const auto received = static_cast<std::size_t>(count);
  for (std::size_t i = 0; i < received; ++i) {
    buffers_->received[i] = {buffers_->incoming[i].data(), buffers_->incoming_headers[i].msg_len};
  }
  return std::span(buffers_->received).first(received);
}

void UdpBatch::commit(std::size_t length) {
  buffers_->outgoing_parts[queued_].iov_len = length;
  if (++queued_ == kBatch) flush();
}

void UdpBatch::flush() {
  std::size_t sent = 0;
  while (sent < queued_) {
    const int count =
        sendmmsg(descriptor(), &buffers_->outgoing_headers[sent], static_cast<unsigned>(queued_ - sent), 0);
    // What could not be sent counts as lost on the way: skip it, the retransmission timers do the rest.
    sent += count > 0 ? static_cast<std::size_t>(count) : 1;
  }
  queued_ = 0;
}

std::uint64_t UdpBatch::dropped() const {
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t length = sizeof memory;
  if (getsockopt(descriptor(), SOL_SOCKET, SO_MEMINFO, memory.data(), &length) != 0) return 0;
  return memory[SK_MEMINFO_DROPS];
}

}  // namespace carillon::bench
