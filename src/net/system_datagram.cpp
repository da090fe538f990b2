// SPDX-License-Identifier: Apache-2.0
// Receiving, sending and steering on UDP sockets; errors that come back by ICMP find their datagram.
#include "net/system_datagram.h"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/assert.h"
#include "base/log.h"

namespace carillon::net {

namespace {

// A heavy source is forgotten after so many windows in which nobody saw one.
constexpr unsigned kWindowsToForget = 8;

// Errors that a send may report although they belong to an earlier datagram (ip(7), IP_RECVERR).
bool may_be_of_earlier_datagram(int error) {
  return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH || error == EHOSTDOWN ||
         error == ENOPROTOOPT || error == EPROTO || error == EMSGSIZE || error == EACCES;
}

void set_up(int socket, const base::Endpoint& local, const DatagramOptions& options) {
  const bool v6 = local.address.is_v6();
  // The forced ones need a privilege and know no limit.
  set_option(socket, SOL_SOCKET, SO_RCVBUF, static_cast<int>(options.receive_buffer));
  set_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, static_cast<int>(options.receive_buffer));
  set_option(socket, SOL_SOCKET, SO_SNDBUF, static_cast<int>(options.send_buffer));
  set_option(socket, SOL_SOCKET, SO_SNDBUFFORCE, static_cast<int>(options.send_buffer));
  set_option(socket, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVERR : IP_RECVERR, 1);
  // Large messages are fragmented rather than lost in networks that drop the ICMP of path MTU discovery.
  set_option(socket, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
  if (local.address.is_unspecified())
    set_option(socket, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, 1);
  set_traffic_class(socket, local.address.family(), options.traffic_class);
}

}  // namespace

SystemDatagramSocket::SystemDatagramSocket(SystemLoop& loop, SystemDatagramGroup& group, FileDescriptor socket)
    : loop_(loop), group_(&group), socket_(socket.get()), descriptor_(loop.context(), socket.release()) {}

const base::Endpoint& SystemDatagramSocket::local() const { return group_->local(); }

void SystemDatagramSocket::open() {
  loop_.add(*this);
  wait(shared_from_this());
}

void SystemDatagramSocket::close() {
  loop_.remove(*this);
  group_ = nullptr;
  boost::system::error_code ignored;
  descriptor_.close(ignored);
}

// `self` travels from wait to wait, so that waiting touches no reference count.
void SystemDatagramSocket::wait(std::shared_ptr<SystemDatagramSocket> self) {
  descriptor_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                         [kept = std::move(self)](const boost::system::error_code&) mutable {
                           SystemDatagramSocket& socket = *kept;
                           if (socket.group_ != nullptr) socket.receive();
                           if (socket.group_ != nullptr) socket.wait(std::move(kept));
                         });
}

// One batch a round; if more waits, the loop says so again at once.
void SystemDatagramSocket::receive() {
  const auto [datagrams, error] = loop_.receive_batch().receive(socket_, group_->local());
  if (datagrams.empty()) {
    read_icmp_errors();
    report_errors();
    return;
  }
  if (group_->is_spread()) {
    for (const ReceivedDatagram& datagram : datagrams) {
      if (heavy_.count(datagram.source)) group_->on_window(heavy_.found());
    }
  }
  group_->handler().on_datagrams(*this, datagrams);
}

std::span<char> SystemDatagramSocket::reserve(std::size_t size) {
  CARILLON_ASSERT(size <= kMaxDatagram);
  if (!batch_.fits(size)) send();
  return batch_.reserve(size);
}

void SystemDatagramSocket::commit(std::size_t size, const DatagramDestination& destination) {
  batch_.commit(size, destination);
}

void SystemDatagramSocket::flush() {
  if (!batch_.empty()) send();
  if (!errors_.empty()) report_errors();
}

void SystemDatagramSocket::send() {
  std::size_t number = 0;
  bool again = false;  // this datagram was tried before
  while (number < batch_.count()) {
    const std::size_t taken = batch_.send(socket_, number);
    if (taken > 0) {
      for (std::size_t sent = number; sent < number + taken; ++sent) {
        if (batch_.cookie(sent) != 0) sent_.add(batch_.remote(sent), batch_.cookie(sent), batch_.bytes(sent));
      }
      number += taken;
      again = false;
      continue;
    }
    const int error = errno;
    if (error == EINTR) continue;
    if (!again && may_be_of_earlier_datagram(error)) {
      again = true;
      read_icmp_errors();
      continue;
    }
    failed(number++, error);
    again = false;
  }
  batch_.clear();
}

void SystemDatagramSocket::failed(std::size_t number, int error) {
  errors_.push_back({batch_.remote(number), batch_.cookie(number), error});
}

void SystemDatagramSocket::read_icmp_errors() {
  for (;;) {
    std::array<char, 576> quoted;  // what a host quotes at most (RFC 1122 section 3.2.2)
    alignas(cmsghdr) std::array<char, 256> control;
    sockaddr_storage remote{};
    iovec piece{.iov_base = quoted.data(), .iov_len = quoted.size()};
    msghdr header{};
    header.msg_name = &remote;
    header.msg_namelen = sizeof remote;
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t length = ::recvmsg(socket_, &header, MSG_ERRQUEUE | MSG_DONTWAIT);
    if (length < 0) return;
    for (cmsghdr* item = CMSG_FIRSTHDR(&header); item != nullptr; item = CMSG_NXTHDR(&header, item)) {
      const bool extended = (item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_RECVERR) ||
                            (item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_RECVERR);
      if (!extended) continue;
      sock_extended_err reason{};
      std::copy_n(reinterpret_cast<const char*>(CMSG_DATA(item)), sizeof reason, reinterpret_cast<char*>(&reason));
      // Local errors are reported by the call that met them.
      if (reason.ee_origin != SO_EE_ORIGIN_ICMP && reason.ee_origin != SO_EE_ORIGIN_ICMP6) continue;
      const auto endpoint = base::Endpoint::from_sockaddr(remote);
      const std::uint64_t cookie = sent_.take(endpoint, {quoted.data(), static_cast<std::size_t>(length)});
      if (cookie != 0) errors_.push_back({endpoint, cookie, static_cast<int>(reason.ee_errno)});
    }
  }
}

void SystemDatagramSocket::report_errors() {
  for (const SendError& error : std::exchange(errors_, {})) group_->handler().on_send_error(*this, error);
}

SystemDatagramGroup::~SystemDatagramGroup() {
  for (const auto& socket : sockets_) socket->close();
}

void SystemDatagramGroup::add(SystemLoop& loop, FileDescriptor socket) {
  descriptors_.push_back(socket.get());
  sockets_.push_back(std::make_shared<SystemDatagramSocket>(loop, *this, std::move(socket)));
  sockets_.back()->open();
}

void SystemDatagramGroup::set_active(unsigned active) {
  const std::scoped_lock lock(mutex_);
  const auto all = static_cast<unsigned>(sockets_.size());
  steering_.active = std::clamp(active, 1U, all);
  spread_ = steering_.active > 1;
  if (all > 1) steer();
}

void SystemDatagramGroup::on_window(const std::optional<base::Endpoint>& heavy) {
  const std::scoped_lock lock(mutex_);
  windows_without_ = heavy ? 0 : windows_without_ + 1;
  if (heavy ? heavy == steering_.heavy : windows_without_ < kWindowsToForget) return;
  if (!heavy && !steering_.heavy) return;
  steering_.heavy = heavy;
  if (heavy)
    log::debug("{} sends most of what {} receives: spread by datagram", heavy->to_string(), local_.to_string());
  steer();
}

void SystemDatagramGroup::steer() {
  if (refused_ || attach_steering(descriptors_.front(), local_.address.family(), steering_)) return;
  refused_ = true;
  log::notice("udp:{}: the kernel does not steer datagrams; all workers receive", local_.to_string());
}

base::Result<std::unique_ptr<DatagramGroup>> bind_datagrams(const std::vector<std::unique_ptr<SystemLoop>>& loops,
                                                            const base::Endpoint& local, const DatagramOptions& options,
                                                            DatagramHandler& handler) {
  auto bound = bind_sockets(SocketType::Datagram, local, static_cast<unsigned>(loops.size()), options.shared);
  if (!bound) return std::unexpected(std::move(bound.error()));
  auto group = std::make_unique<SystemDatagramGroup>(bound->local, handler);
  for (std::size_t number = 0; number < loops.size(); ++number) {
    set_up(bound->sockets[number].get(), bound->local, options);
    group->add(*loops[number], std::move(bound->sockets[number]));
  }
  return group;
}

}  // namespace carillon::net
