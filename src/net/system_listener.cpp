// SPDX-License-Identifier: Apache-2.0
// Accepting connections.
#include "net/system_listener.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "net/steering.h"
#include "net/system_stream.h"

namespace carillon::net {

namespace {

constexpr int kBacklog = 4096;  // the system has a limit of its own
constexpr int kAcceptsARound = 32;
constexpr auto kPauseWithoutDescriptors = std::chrono::milliseconds(100);

bool out_of_resources(int error) { return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM; }

}  // namespace

SystemAcceptor::SystemAcceptor(SystemLoop& loop, FileDescriptor socket, const StreamOptions& options,
                               StreamAcceptor& acceptor)
    : loop_(loop),
      options_(options),
      acceptor_(&acceptor),
      socket_(socket.get()),
      descriptor_(loop.context(), socket.release()),
      pause_(loop.context()) {}

void SystemAcceptor::close() {
  acceptor_ = nullptr;
  boost::system::error_code ignored;
  descriptor_.close(ignored);
  pause_.cancel();
}

void SystemAcceptor::wait() {
  descriptor_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                         [kept = shared_from_this()](const boost::system::error_code&) {
                           if (kept->acceptor_ != nullptr) kept->accept();
                         });
}

void SystemAcceptor::wait_for_descriptors() {
  pause_.expires_after(kPauseWithoutDescriptors);
  pause_.async_wait([kept = shared_from_this()](const boost::system::error_code&) {
    if (kept->acceptor_ != nullptr) kept->wait();
  });
}

void SystemAcceptor::accept() {
  for (int accepted = 0; accepted < kAcceptsARound && acceptor_ != nullptr; ++accepted) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    FileDescriptor socket(
        ::accept4(socket_, reinterpret_cast<sockaddr*>(&address), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == ECONNABORTED || errno == EINTR) continue;
      if (!out_of_resources(errno)) break;
      log::warning("{}", socket_error(SocketType::Stream, local_endpoint(socket_), errno).message);
      return wait_for_descriptors();
    }
    auto stream =
        std::make_shared<SystemStream>(loop_, std::move(socket), base::Endpoint::from_sockaddr(address), options_);
    if (stream->refused() != 0) {
      log::warning("{}", socket_error(SocketType::Stream, local_endpoint(socket_), stream->refused()).message);
      continue;
    }
    acceptor_->on_accept(std::move(stream));
  }
  if (acceptor_ != nullptr) wait();
}

SystemListener::~SystemListener() {
  for (const auto& acceptor : acceptors_) acceptor->close();
}

void SystemListener::add(SystemLoop& loop, FileDescriptor socket, const StreamOptions& options,
                         StreamAcceptor& acceptor) {
  descriptors_.push_back(socket.get());
  acceptors_.push_back(std::make_shared<SystemAcceptor>(loop, std::move(socket), options, acceptor));
  acceptors_.back()->open();
}

void SystemListener::set_active(unsigned active) {
  const auto all = static_cast<unsigned>(descriptors_.size());
  if (all == 1) return;
  const Steering steering{.active = std::clamp(active, 1U, all), .heavy = {}};
  if (!attach_steering(descriptors_.front(), local_.address.family(), steering))
    log::notice("tcp:{}: the kernel does not steer connections; all workers accept", local_.to_string());
}

base::Result<std::unique_ptr<StreamListener>> listen_streams(const std::vector<std::unique_ptr<SystemLoop>>& loops,
                                                             const base::Endpoint& local, const StreamOptions& options,
                                                             StreamAcceptor& acceptor) {
  auto bound = bind_sockets(SocketType::Stream, local, static_cast<unsigned>(loops.size()), options.shared);
  if (!bound) return std::unexpected(std::move(bound.error()));
  auto listener = std::make_unique<SystemListener>(bound->local);
  for (const FileDescriptor& socket : bound->sockets) {
    if (::listen(socket.get(), kBacklog) != 0)
      return std::unexpected(socket_error(SocketType::Stream, bound->local, errno));
  }
  for (std::size_t number = 0; number < loops.size(); ++number)
    listener->add(*loops[number], std::move(bound->sockets[number]), options, acceptor);
  return listener;
}

}  // namespace carillon::net
