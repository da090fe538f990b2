// SPDX-License-Identifier: Apache-2.0
// Listening TCP sockets of the kernel: one a worker, sharing an address. Internal to net/.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <vector>

#include "net/socket.h"
#include "net/stream.h"
#include "net/system_loop.h"

namespace carillon::net {

// Shared between its listener and the wait that is pending in the loop: the wait may end after the listener.
class SystemAcceptor final : public std::enable_shared_from_this<SystemAcceptor> {
 public:
  SystemAcceptor(SystemLoop& loop, FileDescriptor socket, const StreamOptions& options, StreamAcceptor& acceptor);

  void open() { wait(); }
  void close();

 private:
  void wait();
  void wait_for_descriptors();
  void accept();

  SystemLoop& loop_;
  StreamOptions options_;
  StreamAcceptor* acceptor_;  // null when closed
  int socket_;
  boost::asio::posix::stream_descriptor descriptor_;
  boost::asio::steady_timer pause_;
};

class SystemListener final : public StreamListener {
 public:
  explicit SystemListener(const base::Endpoint& local) : local_(local) {}
  ~SystemListener() override;

  void add(SystemLoop& loop, FileDescriptor socket, const StreamOptions& options, StreamAcceptor& acceptor);

  [[nodiscard]] const base::Endpoint& local() const override { return local_; }
  void set_active(unsigned active) override;

 private:
  base::Endpoint local_;
  std::vector<std::shared_ptr<SystemAcceptor>> acceptors_;
  std::vector<int> descriptors_;
};

// Binds and sets up the sockets of a listener.
[[nodiscard]] base::Result<std::unique_ptr<StreamListener>> listen_streams(
    const std::vector<std::unique_ptr<SystemLoop>>& loops, const base::Endpoint& local, const StreamOptions& options,
    StreamAcceptor& acceptor);

}  // namespace carillon::net
