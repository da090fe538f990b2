// SPDX-License-Identifier: Apache-2.0
// recvmmsg: the first system call in the life of a request.
#include "net/receive_batch.h"

#include <netinet/in.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "base/assert.h"

namespace carillon::net {

namespace {

// The address a datagram was sent to, on a socket bound to all addresses.
base::Endpoint destination(msghdr& header, const base::Endpoint& local) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr; control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
      in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(control), sizeof info);
      return {base::IpAddress::v4(ntohl(info.ipi_addr.s_addr)), local.port};
    }
    if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(control), sizeof info);
      std::array<std::uint8_t, 16> bytes{};
      std::memcpy(bytes.data(), &info.ipi6_addr, bytes.size());
      return {base::IpAddress::v6(bytes), local.port};
    }
  }
  return local;
}

}  // namespace

ReceiveBatch::ReceiveBatch() {
  void* const memory =
      ::mmap(nullptr, kDatagrams * kBuffer, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CARILLON_ASSERT(memory != MAP_FAILED);
  buffers_ = static_cast<char*>(memory);
  for (std::size_t i = 0; i < kDatagrams; ++i) {
    pieces_[i] = {.iov_base = buffers_ + i * kBuffer, .iov_len = kBuffer};
    headers_[i].msg_hdr.msg_iov = &pieces_[i];
    headers_[i].msg_hdr.msg_iovlen = 1;
    headers_[i].msg_hdr.msg_name = &sources_[i];
    headers_[i].msg_hdr.msg_control = controls_[i].bytes.data();
    reset(headers_[i].msg_hdr);
  }
}

void ReceiveBatch::reset(msghdr& header) {
  header.msg_namelen = sizeof(sockaddr_storage);
  header.msg_controllen = sizeof(Control);
}

ReceiveBatch::~ReceiveBatch() { ::munmap(buffers_, kDatagrams * kBuffer); }

ReceiveBatch::Received ReceiveBatch::receive(int socket, const base::Endpoint& local) {
  const bool wildcard = local.address.is_unspecified();
  const int count = ::recvmmsg(socket, headers_.data(), kDatagrams, MSG_DONTWAIT, nullptr);
  if (count <= 0) return {.datagrams = {}, .error = count < 0 ? errno : EAGAIN};
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    msghdr& header = headers_[i].msg_hdr;
    datagrams_[i] = {.source = base::Endpoint::from_sockaddr(sources_[i]),
                     .local = wildcard ? destination(header, local) : local,
                     .bytes = {buffers_ + i * kBuffer, headers_[i].msg_len},
                     .truncated = (header.msg_flags & MSG_TRUNC) != 0};
    reset(header);
  }
  return {.datagrams = std::span(datagrams_).first(static_cast<std::size_t>(count)), .error = 0};
}

}  // namespace carillon::net
