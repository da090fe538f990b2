// SPDX-License-Identifier: Apache-2.0
// Threads for work that blocks (databases, the system's resolver), so that no worker ever does.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/result.h"
#include "base/time.h"

namespace carillon::storage {

// Jobs own copies of their input, run on a thread of the pool, and must not throw. How a result travels back (a post to
// a shard) is the submitter's business.
class Pool {
 public:
  using Job = std::move_only_function<void()>;

  struct Limits {
    std::size_t threads = 4;            // 0: none; run_pending() runs the jobs, where it is called
    std::size_t queued_jobs = 100'000;  // waiting, not yet running
  };

  explicit Pool(const Limits& limits);
  // Ends as stop(0 s) does.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Runs `job` when a thread is free, in no order. Any thread; never blocks. An error when the queue is full or the
  // pool has stopped; the job is then destroyed unrun, here.
  [[nodiscard]] base::Result<> submit(Job job);

  // As above, but jobs of one lane run one at a time, in the order they were submitted: what writes one key uses
  // hash(key) as its lane. Lanes are created by use and cost nothing when idle.
  [[nodiscard]] base::Result<> submit(std::uint64_t lane, Job job);

  // Refuses new jobs, lets the queued ones run until `bound` has passed, destroys the rest unrun, and joins the threads
  // (a job that has begun is waited for). Returns how many were destroyed. Not from a job. A second call does
  // nothing.
  std::size_t stop(base::Duration bound);

  [[nodiscard]] std::size_t queued() const;
  [[nodiscard]] bool has_threads() const;

  // Without threads: runs the jobs that are queued, and those that they add, on the calling thread. False when there
  // was none. For tests, whose time is not the machine's.
  bool run_pending();

 private:
  class Queue;
  std::unique_ptr<Queue> queue_;
};

}  // namespace carillon::storage
