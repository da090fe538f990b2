// SPDX-License-Identifier: Apache-2.0
// One worker's event loop: readiness of its sockets, in rounds. Every received byte enters the server through here.
#pragma once

#include <functional>

#include "base/time.h"

namespace carillon::net {

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
};

}  // namespace carillon::net
