// SPDX-License-Identifier: Apache-2.0
// One worker's event loop: readiness of its sockets, in rounds. Every received byte enters the server through here.
#pragma once

#include <functional>
#include <memory>

#include "base/time.h"

namespace carillon::net {

// What a descriptor is ready for, or is to be ready for.
struct Readiness {
  bool readable = false;
  bool writable = false;
};

// A descriptor that a loop watches for its owner, usually a client library. Loop's thread only. Destroying it, which
// its own handler may do, ends the watching; the descriptor is still open then, and is closed after it.
class Watch {
 public:
  virtual ~Watch() = default;
  // The handler is called once, in a later round, when the descriptor is ready for any of `wanted`, or broken. What was
  // asked earlier and hasn't come goes on.
  virtual void ask(Readiness wanted) = 0;
};

// What a loop on the kernel's network can do besides.
class Watcher {
 public:
  virtual ~Watcher() = default;
  // Loop's thread only. Null when the kernel watches no more descriptors.
  [[nodiscard]] virtual std::unique_ptr<Watch> watch(int descriptor,
                                                     std::move_only_function<void(Readiness)> on_ready) = 0;
  // Calls `work` on the loop's thread once `delay` has passed, unless the loop ends before. Loop's thread only.
  virtual void call_after(base::Duration delay, std::move_only_function<void()> work) = 0;
};

// Belongs to one worker thread; only wake() and post() may be called from others.
class EventLoop {
 public:
  virtual ~EventLoop() = default;

  // Handles what is ready. Waits for it at most `max_wait` (zero: not at all; Duration::max(): until woken) and may
  // return earlier. A round in which nothing but datagrams and stream bytes arrive allocates nothing.
  virtual void run_once(base::Duration max_wait) = 0;

  // Ends the wait of the current or, if none is waiting, of the next run_once(). Any thread; repeated calls cost one.
  virtual void wake() = 0;

  // Calls `work` on the loop's thread in a later round and wakes it. Any thread.
  virtual void post(std::move_only_function<void()> work) = 0;

  // Sends what the loop's datagram sockets have collected and reports what could not be sent. Called by the owner
  // once a round, outside of any shard, before it waits.
  virtual void flush() = 0;

  // Null on networks that aren't the kernel's: they have no descriptors.
  [[nodiscard]] virtual Watcher* watcher() { return nullptr; }
};

}  // namespace carillon::net
