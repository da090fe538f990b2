// SPDX-License-Identifier: Apache-2.0
// One end of a stream of FakeNetwork. Internal to testing/.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "testing/fake_network.h"

namespace carillon::testing {

// All state is guarded by the network's mutex; handlers are called without it, on the owner's loop.
class FakeStream final : public net::Stream {
 public:
  FakeStream(FakeNetwork& network, unsigned worker, const base::Endpoint& local, const base::Endpoint& remote,
             const net::StreamOptions& options);

  // With the network's mutex held.
  static std::shared_ptr<FakeStream> connect(FakeNetwork& network, unsigned worker, const net::ConnectOptions& options,
                                             const base::Endpoint& local, std::shared_ptr<net::StreamHandler> handler);

  void start(std::shared_ptr<net::StreamHandler> handler) override;
  [[nodiscard]] base::Result<> write(std::span<const char> bytes) override;
  void shutdown_write() override;
  void close() override;
  void abort() override;
  void pause_reading(bool paused) override;
  [[nodiscard]] const base::Endpoint& remote() const override { return remote_; }
  [[nodiscard]] const base::Endpoint& local() const override { return local_; }
  [[nodiscard]] unsigned worker() const override { return worker_; }
  [[nodiscard]] std::size_t queued() const override;

  void detach();

 private:
  enum class State : std::uint8_t { Connecting, Open, Closing, Closed };

  [[nodiscard]] std::shared_ptr<FakeStream> self() { return std::static_pointer_cast<FakeStream>(shared_from_this()); }
  [[nodiscard]] base::Error error(int number) const;

  // --- With the mutex held ---
  void on_our_loop(base::Duration after, std::move_only_function<void()> action);
  void on_peer_loop(std::move_only_function<void(FakeStream& peer)> action);
  void transmit();
  void deliver_soon();
  void watch_stall();

  // --- Without it, on the owner's loop ---
  void establish(const net::ConnectOptions& options);
  void deliver();
  void begin_closing();
  void end(int error);

  FakeNetwork& network_;
  unsigned worker_;
  base::Endpoint local_;
  base::Endpoint remote_;
  net::StreamOptions options_;
  std::shared_ptr<net::StreamHandler> handler_;
  std::weak_ptr<FakeStream> peer_;
  State state_ = State::Open;

  std::string queue_;           // written, not yet under way
  std::size_t under_way_ = 0;   // sent, not yet read by the peer
  std::uint64_t progress_ = 0;  // bytes that left the queue
  base::TimePoint last_arrival_{};
  bool write_shut_ = false;
  bool end_sent_ = false;

  std::string unread_;  // arrived, not yet given to the handler
  bool end_arrived_ = false;
  bool end_given_ = false;
  bool paused_ = false;
  bool delivering_ = false;  // deliver() is under way
};

}  // namespace carillon::testing
