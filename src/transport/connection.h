// SPDX-License-Identifier: Apache-2.0
// One stream connection that carries SIP: framing, keep-alives, and the times that bound it. Between net::Stream and
// TransportLayer.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "net/stream.h"
#include "shard/suspension.h"
#include "transport/connection_info.h"
#include "transport/flow.h"
#include "transport/limits.h"
#include "transport/message_handler.h"
#include "transport/stream_framer.h"

namespace carillon::transport {

class Connection;

using FlowHandle = shard::Handle<base::Result<Flow>>;

// What a connection tells its owner. On the connection's worker, outside any shard.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  [[nodiscard]] virtual base::TimePoint now() const = 0;
  virtual void on_connected(Connection& connection) = 0;
  // A message, a line end, or the end of what can be framed.
  virtual void on_piece(Connection& connection, const StreamFramer::Piece& piece) = 0;
  // So many pings came one behind the other.
  virtual void on_pings(Connection& connection, std::size_t count) = 0;
  // A message has begun whose end isn't here: the connection's deadline() moved forward.
  virtual void on_incomplete(Connection& connection) = 0;
  virtual void on_closed(Connection& connection, const base::Error& reason) = 0;
};

// Shared by the table, by the stream until it has closed, and by whoever is sending on it. Members may be called by
// any thread, except those of StreamHandler.
class Connection final : public net::StreamHandler {
 public:
  enum class Origin : std::uint8_t { Accepted, Opened };

  Connection(ConnectionOwner& owner, const Limits& limits, const Flow& flow, Origin origin);

  // The stream, once it is known: before anybody else can see the connection.
  void attach(std::shared_ptr<net::Stream> stream);

  [[nodiscard]] ConnectionId id() const { return id_; }
  [[nodiscard]] Origin origin() const { return origin_; }
  // The other end; known from the start.
  [[nodiscard]] const base::Endpoint& remote() const { return flow_.remote; }
  // Complete once it is open.
  [[nodiscard]] Flow flow() const;
  [[nodiscard]] ConnectionInfo info() const;

  // --- For those who open it

  enum class Joined : std::uint8_t { Open, Waiting, Gone };
  // Open: it is up. Waiting: `handle` is completed with its flow or with what went wrong. Gone: it has closed.
  [[nodiscard]] Joined join(const FlowHandle& handle);
  [[nodiscard]] bool is_open() const;
  [[nodiscard]] bool was_open() const;  // at any time
  // Those who wait, to be told; once.
  [[nodiscard]] std::vector<FlowHandle> take_waiting();

  // --- For those who send

  [[nodiscard]] base::Result<> write(std::span<const char> bytes, SendCookie cookie);
  // Messages that were accepted and not wholly given to the kernel; once, when it has closed.
  [[nodiscard]] std::vector<SendCookie> take_unsent();

  void close();  // after what is queued
  void abort();  // at once

  // Ports of the remote address under which it is found: its own first. False when it has too many.
  [[nodiscard]] bool add_port(std::uint16_t port);
  [[nodiscard]] std::vector<std::uint16_t> ports() const;

  // --- Its times

  void mark_authenticated() { authenticated_.store(true, std::memory_order_relaxed); }
  void mark_trusted() { trusted_ = true; }  // before anybody else can see it
  void keep_until(base::TimePoint time);

  enum class Overdue : std::uint8_t { No, Idle, SlowSender, Unauthenticated };
  struct Deadline {
    base::TimePoint at;
    Overdue then = Overdue::No;
  };
  // When it is to be closed if nothing happens before, and why.
  [[nodiscard]] Deadline deadline() const;

  void on_connected(net::Stream& stream) override;
  void on_bytes(net::Stream& stream, std::span<char> bytes) override;
  void on_drained(net::Stream& stream) override;
  void on_closed(net::Stream& stream, const base::Error& reason) override;

 private:
  static constexpr std::size_t kMaxPorts = 4;
  using Ticks = std::atomic<base::Duration::rep>;  // a TimePoint's count
  static constexpr base::Duration::rep kNoTime = base::Duration::min().count();

  void note_incomplete(bool message_ended, base::TimePoint now);

  ConnectionOwner& owner_;
  const Limits& limits_;
  const ConnectionId id_;
  const Origin origin_;
  const base::TimePoint opened_;
  bool trusted_ = false;
  StreamFramer framer_;  // the owner's thread

  Ticks last_activity_;
  Ticks message_since_{kNoTime};
  Ticks keep_until_{kNoTime};
  std::atomic<bool> authenticated_{false};

  mutable std::mutex mutex_;  // never held across a callback
  ConnectionInfo::State state_;
  bool was_open_;
  Flow flow_;
  std::shared_ptr<net::Stream> stream_;  // until it has closed
  std::vector<FlowHandle> waiting_;
  std::vector<SendCookie> unsent_;
  std::vector<std::uint16_t> ports_;
};

}  // namespace carillon::transport
