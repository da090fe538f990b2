// SPDX-License-Identifier: Apache-2.0
// What a worker waits in: the network's event loop, seen as shard::Workers wants it.
#pragma once

#include "net/event_loop.h"
#include "shard/workers.h"

namespace carillon::transport {

class WorkerLoop final : public shard::Loop {
 public:
  explicit WorkerLoop(net::EventLoop& loop) : loop_(loop) {}

  void poll(base::Duration max_wait) override { loop_.run_once(max_wait); }
  void wake() override { loop_.wake(); }
  void flush() override { loop_.flush(); }

 private:
  net::EventLoop& loop_;
};

}  // namespace carillon::transport
