// SPDX-License-Identifier: Apache-2.0
// An event loop on Boost.Asio, which tells when descriptors are ready; the system calls are our own. Internal to net/.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <span>
#include <unordered_set>
#include <vector>

#include "net/event_loop.h"
#include "net/receive_batch.h"

namespace carillon::net {

class SystemDatagramSocket;
class SystemStream;

class SystemLoop final : public EventLoop, public Watcher {
 public:
  explicit SystemLoop(unsigned worker);
  ~SystemLoop() override;

  void run_once(base::Duration max_wait) override;
  void wake() override;
  void post(std::move_only_function<void()> work) override;
  void flush() override;
  [[nodiscard]] Watcher* watcher() override { return this; }
  [[nodiscard]] std::unique_ptr<Watch> watch(int descriptor,
                                             std::move_only_function<void(Readiness)> on_ready) override;
  void call_after(base::Duration delay, std::move_only_function<void()> work) override;

  [[nodiscard]] boost::asio::io_context& context() { return context_; }
  [[nodiscard]] unsigned worker() const { return worker_; }

  // --- For the sockets of this loop ---

  [[nodiscard]] ReceiveBatch& receive_batch() { return receive_batch_; }
  // What streams read into: as much as one read may return.
  [[nodiscard]] std::span<char> stream_buffer() { return {stream_buffer_.get(), kStreamBuffer}; }

  void add(SystemDatagramSocket& socket) { datagram_sockets_.push_back(&socket); }
  void remove(SystemDatagramSocket& socket) { std::erase(datagram_sockets_, &socket); }
  // Keeps a stream alive until it is closed.
  void add(std::shared_ptr<SystemStream> stream) { streams_.insert(std::move(stream)); }
  void remove(const std::shared_ptr<SystemStream>& stream) { streams_.erase(stream); }

 private:
  static constexpr std::size_t kStreamBuffer = 64 * 1024;

  unsigned worker_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  std::atomic<bool> woken_{false};
  ReceiveBatch receive_batch_;
  std::unique_ptr<char[]> stream_buffer_ = std::make_unique<char[]>(kStreamBuffer);
  std::vector<SystemDatagramSocket*> datagram_sockets_;
  std::unordered_set<std::shared_ptr<SystemStream>> streams_;
};

}  // namespace carillon::net
