// SPDX-License-Identifier: Apache-2.0
// Workers: the threads that receive, run shards and turn wheels, as many awake as the load needs.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/time.h"
#include "shard/shards.h"

namespace carillon::shard {

// What a worker waits in: transport/ puts net::EventLoop behind it.
class Loop {
 public:
  virtual ~Loop() = default;
  // Handles what is ready, waiting at most `max_wait` for it (zero: not at all; Duration::max(): until woken).
  virtual void poll(base::Duration max_wait) = 0;
  // Ends the wait of the current or next poll(). Any thread.
  virtual void wake() = 0;
  // Sends what this round has collected. Outside any shard.
  virtual void flush() = 0;
};

struct WorkersOptions {
  base::Duration window = std::chrono::milliseconds(100);  // over which load is measured
  double activate_above = 0.7;  // share of its time the busiest worker computes, above which one more is activated
  double park_below = 0.5;      // share each of the others would have, below which one is parked (after 10 windows)
  unsigned least_active = 1;
  // The number of workers that should receive; called on a worker, and once on start.
  std::function<void(unsigned active)> on_active_workers{};
};

// One thread a loop. A parked worker sleeps until its sockets or somebody wakes it, and has no part in the timers.
class Workers {
 public:
  Workers(Shards& shards, std::vector<Loop*> loops, WorkersOptions options = {});
  ~Workers();  // stops
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Starts the threads. Loops and shards must outlive stop().
  void start();
  // Lets every worker end its round, and joins the threads. What is left in mailboxes stays there.
  void stop();

  [[nodiscard]] unsigned count() const;
  [[nodiscard]] unsigned active() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The same rounds on the caller's thread, for tests: nothing sleeps, the test moves the clock. With several loops it is
// each worker in turn.
class ManualWorker {
 public:
  explicit ManualWorker(Shards& shards, std::vector<Loop*> loops = {});

  // One round of every worker: polls without waiting, runs mail and what is due, flushes. True if a shard ran or a
  // timer fired.
  bool run_round();
  // Rounds until no shard has mail and no timer is due.
  void run_until_idle();
  // Calls `f` as worker `worker` would (so that it may enter shards).
  void as_worker(const std::function<void()>& f, unsigned worker = 0);

 private:
  Shards& shards_;
  std::vector<Loop*> loops_;
};

}  // namespace carillon::shard
