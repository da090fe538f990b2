// SPDX-License-Identifier: Apache-2.0
// The bare relay's one pass: a batch in, where each datagram goes, a batch out.
#include "relay/relay.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace carillon::bench {

namespace {

constexpr std::string_view kTrying = "SIP/2.0 100 Trying\r\n";
constexpr std::string_view kOk = "SIP/2.0 200 OK\r\n";
constexpr std::string_view kForbidden = "SIP/2.0 403 Forbidden\r\n";
constexpr std::string_view kEnd = "Content-Length: 0\r\n\r\n";

std::string_view behind_first_line(std::string_view datagram) { return datagram.substr(datagram.find('\n') + 1); }

}  // namespace

base::Result<int> open_relay_socket(const base::Endpoint& listen) {
  sockaddr_storage address{};
  const socklen_t length = listen.to_sockaddr(address);
  const int descriptor = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return base::fail(std::string("cannot make a socket: ") + std::strerror(errno), errno);
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    const int error = errno;
    close(descriptor);
    return base::fail("cannot listen on " + listen.to_string() + ": " + std::strerror(error), error);
  }
  return descriptor;
}

void Relay::Outgoing::start(const sockaddr_storage& to, socklen_t length) {
  to_ = to;
  header_ = {};
  header_.msg_hdr.msg_name = &to_;
  header_.msg_hdr.msg_namelen = length;
  header_.msg_hdr.msg_iov = pieces_.data();
}

void Relay::Outgoing::add(std::string_view piece) {
  pieces_[header_.msg_hdr.msg_iovlen++] = {const_cast<char*>(piece.data()), piece.size()};
}

Relay::Relay(int descriptor, const RelaySettings& settings) : descriptor_(descriptor), settings_(settings) {
  callee_length_ = settings.callee.to_sockaddr(callee_);
  settings_.padding = std::min(settings.padding, padding_.size());
  for (std::size_t i = 0; i < kBatch; ++i) {
    parts_[i] = {buffers_[i].data(), kDatagramSize};
    headers_[i].msg_hdr.msg_iov = &parts_[i];
    headers_[i].msg_hdr.msg_iovlen = 1;
    headers_[i].msg_hdr.msg_name = &sources_[i];
  }
}

void Relay::relay_batch() {
  for (mmsghdr& header : headers_) header.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
  const int count = recvmmsg(descriptor_, headers_.data(), kBatch, MSG_WAITFORONE, nullptr);
  for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(count, 0)); ++i) {
    relay({buffers_[i].data(), headers_[i].msg_len}, sources_[i], headers_[i].msg_hdr.msg_namelen);
  }
  flush();
}

void Relay::relay(std::string_view datagram, const sockaddr_storage& source, socklen_t source_length) {
  if (datagram.starts_with("REGISTER ")) {
    Outgoing& answer = next(source, source_length);
    answer.add(is_known_sender(datagram) ? kOk : kForbidden);
    answer.add(behind_first_line(datagram));
    return;
  }
  if (datagram.starts_with("SIP/2.0 ")) {
    next(caller_, caller_length_).add(datagram.substr(0, datagram.size() - settings_.padding));
    return;
  }
  caller_ = source;
  caller_length_ = source_length;
  if (datagram.starts_with("INVITE ")) {
    if (!is_known_sender(datagram)) return;
    Outgoing& trying = next(source, source_length);
    trying.add(kTrying);
    // Via, Max-Forwards, From, To, Call-ID and CSeq: the generator writes its Contact behind them.
    trying.add(behind_first_line(datagram.substr(0, datagram.find("Contact: "))));
    trying.add(kEnd);
  }
  Outgoing& request = next(callee_, callee_length_);
  request.add(datagram);
  request.add({padding_.data(), settings_.padding});
}

bool Relay::is_known_sender(std::string_view request) {
  if (settings_.users == nullptr) return true;
  const std::string_view from = request.substr(request.find("\nFrom: "));
  const std::string_view uri = from.substr(from.find("sip:") + 4);
  const std::size_t at = uri.find('@');
  return settings_.users->has(uri.substr(0, at), uri.substr(at + 1, uri.find('>') - at - 1));
}

Relay::Outgoing& Relay::next(const sockaddr_storage& to, socklen_t length) {
  Outgoing& outgoing = outgoing_[queued_++];
  outgoing.start(to, length);
  return outgoing;
}

void Relay::flush() {
  for (std::size_t i = 0; i < queued_; ++i) to_send_[i] = outgoing_[i].header();
  std::size_t sent = 0;
  while (sent < queued_) {
    const int count = sendmmsg(descriptor_, &to_send_[sent], static_cast<unsigned>(queued_ - sent), 0);
    sent += count > 0 ? static_cast<std::size_t>(count) : 1;
  }
  queued_ = 0;
}

}  // namespace carillon::bench
