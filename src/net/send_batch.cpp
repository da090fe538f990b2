// SPDX-License-Identifier: Apache-2.0
// sendmmsg: the last system call in the life of a request.
#include "net/send_batch.h"

#include <netinet/in.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "base/assert.h"

namespace carillon::net {

namespace {

// Keeps datagrams on cache lines of their own.
constexpr std::size_t kAlignment = 64;

}  // namespace

SendBatch::SendBatch() {
  void* const memory =
      ::mmap(nullptr, kBuffer, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CARILLON_ASSERT(memory != MAP_FAILED);
  buffer_ = static_cast<char*>(memory);
  for (std::size_t i = 0; i < kDatagrams; ++i) {
    headers_[i].msg_hdr.msg_iov = &pieces_[i];
    headers_[i].msg_hdr.msg_iovlen = 1;
    headers_[i].msg_hdr.msg_name = &addresses_[i];
  }
}

SendBatch::~SendBatch() { ::munmap(buffer_, kBuffer); }

void SendBatch::commit(std::size_t size, const DatagramDestination& destination) {
  CARILLON_ASSERT(fits(size));
  const std::size_t number = count_++;
  pieces_[number] = {.iov_base = buffer_ + used_, .iov_len = size};
  used_ = std::min(kBuffer, (used_ + size + kAlignment - 1) / kAlignment * kAlignment);
  remotes_[number] = destination.remote;
  cookies_[number] = destination.cookie;
  headers_[number].msg_hdr.msg_namelen = destination.remote.to_sockaddr(addresses_[number]);
  set_source(number, destination.source);
}

void SendBatch::set_source(std::size_t number, const base::IpAddress& source) {
  msghdr& header = headers_[number].msg_hdr;
  header.msg_control = nullptr;
  header.msg_controllen = 0;
  if (source.family() == base::Family::Unspecified || source.is_unspecified()) return;

  header.msg_control = controls_[number].bytes.data();
  header.msg_controllen = sizeof(Control);
  cmsghdr* const control = CMSG_FIRSTHDR(&header);
  const std::string_view address = source.bytes();
  if (source.is_v6()) {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, address.data(), address.size());
    control->cmsg_level = IPPROTO_IPV6;
    control->cmsg_type = IPV6_PKTINFO;
    control->cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(CMSG_DATA(control), &info, sizeof info);
    header.msg_controllen = CMSG_SPACE(sizeof info);
  } else {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, address.data(), address.size());
    control->cmsg_level = IPPROTO_IP;
    control->cmsg_type = IP_PKTINFO;
    control->cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(CMSG_DATA(control), &info, sizeof info);
    header.msg_controllen = CMSG_SPACE(sizeof info);
  }
}

std::size_t SendBatch::send(int socket, std::size_t first) {
  const int taken =
      ::sendmmsg(socket, headers_.data() + first, static_cast<unsigned>(count_ - first), MSG_DONTWAIT | MSG_NOSIGNAL);
  return taken > 0 ? static_cast<std::size_t>(taken) : 0;
}

}  // namespace carillon::net
