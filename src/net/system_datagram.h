// SPDX-License-Identifier: Apache-2.0
// UDP sockets of the kernel: one a worker, sharing an address. Internal to net/.
#pragma once

#include <atomic>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "net/datagram.h"
#include "net/heavy_source.h"
#include "net/send_batch.h"
#include "net/sent_ring.h"
#include "net/socket.h"
#include "net/steering.h"
#include "net/system_loop.h"

namespace carillon::net {

class SystemDatagramGroup;

// Shared between its group and the wait for readiness that is pending in the loop: the wait may end after the group.
class SystemDatagramSocket final : public DatagramSocket, public std::enable_shared_from_this<SystemDatagramSocket> {
 public:
  SystemDatagramSocket(SystemLoop& loop, SystemDatagramGroup& group, FileDescriptor socket);

  [[nodiscard]] std::span<char> reserve(std::size_t size) override;
  void commit(std::size_t size, const DatagramDestination& destination) override;
  [[nodiscard]] const base::Endpoint& local() const override;
  [[nodiscard]] unsigned worker() const override { return loop_.worker(); }

  void open();
  void close();
  void flush();

 private:
  void wait(std::shared_ptr<SystemDatagramSocket> self);
  void receive();
  void send();
  void failed(std::size_t number, int error);
  void read_icmp_errors();
  void report_errors();

  SystemLoop& loop_;
  SystemDatagramGroup* group_;  // null when closed
  int socket_;
  boost::asio::posix::stream_descriptor descriptor_;
  SendBatch batch_;
  SentRing sent_;
  HeavySource heavy_;
  std::vector<SendError> errors_;  // found but not yet reported
};

class SystemDatagramGroup final : public DatagramGroup {
 public:
  SystemDatagramGroup(base::Endpoint local, DatagramHandler& handler) : local_(local), handler_(handler) {}
  ~SystemDatagramGroup() override;

  void add(SystemLoop& loop, FileDescriptor socket);

  [[nodiscard]] const base::Endpoint& local() const override { return local_; }
  [[nodiscard]] DatagramSocket& socket(unsigned worker) override { return *sockets_[worker]; }
  void set_active(unsigned active) override;

  [[nodiscard]] DatagramHandler& handler() { return handler_; }
  // More than one socket receives: whether one source is heavy matters.
  [[nodiscard]] bool is_spread() const { return spread_.load(std::memory_order_relaxed); }
  // What a socket has seen in a window. Any worker.
  void on_window(const std::optional<base::Endpoint>& heavy);

 private:
  // With the mutex held.
  void steer();

  base::Endpoint local_;
  DatagramHandler& handler_;
  std::vector<std::shared_ptr<SystemDatagramSocket>> sockets_;
  std::vector<int> descriptors_;
  std::atomic<bool> spread_{false};
  std::mutex mutex_;
  Steering steering_;
  unsigned windows_without_ = 0;
  bool refused_ = false;
};

// Binds and sets up the sockets of a group.
[[nodiscard]] base::Result<std::unique_ptr<DatagramGroup>> bind_datagrams(
    const std::vector<std::unique_ptr<SystemLoop>>& loops, const base::Endpoint& local, const DatagramOptions& options,
    DatagramHandler& handler);

}  // namespace carillon::net
