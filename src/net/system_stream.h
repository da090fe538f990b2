// SPDX-License-Identifier: Apache-2.0
// TCP connections of the kernel. Internal to net/.
#pragma once

#include <atomic>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "net/socket.h"
#include "net/stream.h"
#include "net/system_loop.h"

namespace carillon::net {

// Reading, timers and callbacks happen on the owner's thread only. The mutex guards what write() and the closing calls
// of other threads touch: the descriptor's number, the queue and the state.
class SystemStream final : public Stream {
 public:
  // `socket` is connected, or connecting when connect() follows.
  SystemStream(SystemLoop& loop, FileDescriptor socket, const base::Endpoint& remote, const StreamOptions& options);
  ~SystemStream() override;

  // Begins to connect; on_connected() or on_closed() follow.
  static std::shared_ptr<Stream> connect(SystemLoop& loop, const ConnectOptions& options,
                                         std::shared_ptr<StreamHandler> handler);

  void start(std::shared_ptr<StreamHandler> handler) override;
  [[nodiscard]] base::Result<> write(std::span<const char> bytes) override;
  void shutdown_write() override;
  void close() override;
  void abort() override;
  void pause_reading(bool paused) override;
  [[nodiscard]] const base::Endpoint& remote() const override { return remote_; }
  [[nodiscard]] const base::Endpoint& local() const override { return local_; }
  [[nodiscard]] unsigned worker() const override { return loop_.worker(); }
  [[nodiscard]] std::size_t queued() const override { return waiting_.load(std::memory_order_relaxed); }

  // The errno for which the kernel doesn't watch the socket, which is then closed (no memory, too many watched); 0: it
  // does.
  [[nodiscard]] int refused() const { return refused_; }

  // The loop is about to go: lets go of everything without a callback.
  void detach();

 private:
  enum class State : std::uint8_t {
    Connecting,
    Open,
    Closing,  // sends what is queued and waits for the peer's end
    Closed,
  };

  [[nodiscard]] std::shared_ptr<SystemStream> self() {
    return std::static_pointer_cast<SystemStream>(shared_from_this());
  }

  // Any thread, mutex held.
  [[nodiscard]] int send_now(std::span<const char>& bytes);
  void queue(std::span<const char> bytes);
  void ask_for_writing();
  void finish_writing();

  // Owner's thread.
  void begin_connecting(const base::Endpoint& local, base::Duration timeout);
  void on_connect_ready();
  void wait_for_reading();
  void read();
  void wait_for_writing();
  void write_queued();
  void begin_closing();
  void start_timer(base::Duration after, int error);
  void stop_timer();
  void watch_stall();
  void end(int error);

  SystemLoop& loop_;
  base::Endpoint remote_;
  base::Endpoint local_;
  StreamOptions options_;
  std::shared_ptr<StreamHandler> handler_;
  std::optional<boost::asio::posix::stream_descriptor> descriptor_;
  std::optional<boost::asio::steady_timer> timer_;
  std::uint64_t timer_generation_ = 0;
  bool reading_ = false;  // a wait is pending
  bool paused_ = false;
  bool ended_ = false;  // the peer sends no more
  int refused_ = 0;

  std::mutex mutex_;
  int socket_;  // -1 when closed
  State state_ = State::Open;
  bool write_shut_ = false;  // nothing is accepted any more; the end is sent after the queue
  bool writing_ = false;     // the owner waits for the socket to take more, or was asked to
  std::string queue_;
  std::size_t sent_ = 0;  // of the queue
  std::atomic<std::size_t> waiting_{0};
};

}  // namespace carillon::net
