// SPDX-License-Identifier: Apache-2.0
// Streams: bytes in order between two endpoints. TCP here; TLS is another Stream that wraps one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/ip.h"
#include "base/result.h"
#include "base/time.h"

namespace carillon::net {

class Stream;

// Called on the worker that owns the stream, never from within a call of Stream.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  // A stream of connect() is up. Not called for accepted ones.
  virtual void on_connected(Stream&) {}
  // `bytes` are valid, and the handler's to scribble on, until it returns; it keeps what it couldn't use yet.
  virtual void on_bytes(Stream& stream, std::span<char> bytes) = 0;
  // The peer will send no more; writing may go on. By default closes.
  virtual void on_end(Stream& stream);
  // Everything that was waiting is written.
  virtual void on_drained(Stream&) {}
  // Exactly once, and last: the handler is let go after it. `reason.code` is 0 after close(), otherwise an errno:
  // ECONNREFUSED, ETIMEDOUT, ECONNRESET, ...
  virtual void on_closed(Stream& stream, const base::Error& reason) = 0;
};

// Belongs to a worker, which calls its handler. Shared because any worker that holds one may write while the owner
// closes it; what arrives after that is refused, never lost in silence.
class Stream : public std::enable_shared_from_this<Stream> {
 public:
  virtual ~Stream() = default;

  // Begins to read. Once, on the owner's thread. The stream keeps `handler` until on_closed() has returned.
  virtual void start(std::shared_ptr<StreamHandler> handler) = 0;

  // Sends `bytes`, queueing what the kernel doesn't take. All or nothing: refused whole with ENOBUFS when more than
  // max_queued would wait (the stream stays open), with ENOTCONN when closing, closed or half-closed. While
  // connecting everything is queued. Any thread.
  [[nodiscard]] virtual base::Result<> write(std::span<const char> bytes) = 0;

  // Sends an end of stream after what is queued; reading goes on. Any thread.
  virtual void shutdown_write() = 0;
  // Sends what is queued, then closes; after `linger` at the latest. Nothing more is read. Any thread.
  virtual void close() = 0;
  // Closes at once with a reset; what is queued is lost. Any thread.
  virtual void abort() = 0;

  // Stops and resumes reading, so that a peer that sends faster than its bytes are used is slowed. Owner's thread.
  virtual void pause_reading(bool paused) = 0;

  [[nodiscard]] virtual const base::Endpoint& remote() const = 0;
  // Unspecified until connected. Owner's thread, or after on_connected().
  [[nodiscard]] virtual const base::Endpoint& local() const = 0;
  [[nodiscard]] virtual unsigned worker() const = 0;
  [[nodiscard]] virtual std::size_t queued() const = 0;  // bytes; any thread
};

struct StreamOptions {
  std::size_t max_queued = 1U << 20;                // bytes waiting to be written
  base::Duration stall = std::chrono::seconds(30);  // closed with ETIMEDOUT when bytes wait and none leaves for so long
  base::Duration linger = std::chrono::seconds(5);  // how long close() may take to send what is queued
  bool keepalive = true;                            // SO_KEEPALIVE
  int keepalive_count = 0;                          // probes without an answer; 0, as below: the system's
  int keepalive_idle = 0;                           // seconds of silence before the first
  int keepalive_interval = 0;                       // seconds between two
  int traffic_class = -1;                           // IP_TOS / IPV6_TCLASS; -1: the system's
  bool shared = false;                              // of a listener: other processes may bind the address too
};

struct ConnectOptions {
  base::Endpoint remote;
  base::Endpoint local{};  // unspecified: the kernel chooses; port 0: any port of that address
  base::Duration timeout = std::chrono::seconds(5);
  StreamOptions stream{};
};

// Called on the worker that accepted. Outlives the listener it was given to.
class StreamAcceptor {
 public:
  virtual ~StreamAcceptor() = default;
  // Either starts `stream` before it returns or lets go of it, which closes it.
  virtual void on_accept(std::shared_ptr<Stream> stream) = 0;
};

// A listening address with a socket a worker. Destroying it stops accepting; streams live on. Destroyed after the
// workers have stopped, or on the only thread there is.
class StreamListener {
 public:
  virtual ~StreamListener() = default;
  [[nodiscard]] virtual const base::Endpoint& local() const = 0;
  // Workers 0 to `active`-1 accept. Any thread. Does nothing where the kernel can't steer: then all accept.
  virtual void set_active(unsigned active) = 0;
};

}  // namespace carillon::net
