// SPDX-License-Identifier: Apache-2.0
// Reactor: one thread beside the workers on which a module's many slow things (transfers, child processes) wait for
// their descriptors together, so that none of them takes a thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "base/result.h"
#include "base/time.h"
#include "storage/pool.h"

namespace carillon::module {

class Reactor {
 public:
  // What is done on the thread: everything here is called by it alone, one call at a time.
  class Work {
   public:
    virtual ~Work() = default;
    // A descriptor that is watched has these of its events (EPOLLIN, ...). It may have been forgotten meanwhile.
    virtual void on_ready(int descriptor, std::uint32_t events) = 0;
    // When on_due() is to be called next; TimePoint::max(): not at all.
    [[nodiscard]] virtual base::TimePoint due() const = 0;
    virtual void on_due(base::TimePoint now) = 0;
    // How many jobs have begun and not ended.
    [[nodiscard]] virtual std::size_t under_way() const = 0;
    // The end has come: lets go of what is under way, and tells nobody.
    virtual void abandon() = 0;
  };
  // Begins something; owns what it uses.
  using Job = std::move_only_function<void()>;

  struct Limits {
    std::size_t under_way = 100;
    std::size_t queued = 10'000;  // further ones, that wait
  };

  // A pool without threads means that there is to be no thread at all (the tests' clock isn't the machine's): then its
  // run_pending() does all the work, and returns when nothing is under way any more.
  Reactor(Work& work, storage::Pool& pool, const Limits& limits);
  // Ends as stop(0 s) does.
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  [[nodiscard]] base::Result<> start();
  // Begins `job` on the thread when fewer than the limit are under way; in the order of the calls. Any thread; never
  // blocks. An error when too many wait, or the reactor has stopped; the job is then destroyed unrun, here.
  [[nodiscard]] base::Result<> submit(Job job);
  // Refuses new jobs, lets the others end until `bound` has passed, abandons the rest, and joins the thread. A second
  // call does nothing.
  void stop(base::Duration bound);

  // --- for Work, on the thread
  // Waits for these events of the descriptor from now on, besides errors, which are always told.
  [[nodiscard]] base::Result<> watch(int descriptor, std::uint32_t events);
  // Before it is closed.
  void forget(int descriptor);

 private:
  void run();
  void run_until_idle();
  // Begins what may begin. True when nothing is under way or waits.
  bool begin_jobs();
  void turn(base::TimePoint latest);
  // Until when those under way may go on; TimePoint::max(): it isn't stopping.
  [[nodiscard]] base::TimePoint end_of_work();
  void wake() const;

  Work& work_;
  storage::Pool& pool_;
  const Limits limits_;
  int epoll_ = -1;
  int wake_ = -1;  // an eventfd
  std::mutex mutex_;
  std::deque<Job> queue_;
  bool stopping_ = false;
  base::TimePoint end_ = base::TimePoint::max();
  std::thread thread_;
};

}  // namespace carillon::module
