// SPDX-License-Identifier: Apache-2.0
// The connections of one worker to one database, watched by the worker's own event loop: short reads of its runs are
// answered without waking a thread. Opened when they are needed, by the database's threads, as connecting blocks.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "net/event_loop.h"
#include "storage/event_connection.h"
#include "storage/read_job.h"

namespace carillon::storage {

struct WorkerQueryLimits {
  std::size_t connections = 4;  // of one worker; 0: none
  // Reads that wait for one of them; what is more, or waits longer, goes to the threads.
  std::size_t queued = 64;
  base::Duration longest_queued = std::chrono::milliseconds(100);
  // Connections that weren't needed for so long are closed, but for one.
  base::Duration idle = std::chrono::minutes(1);
  // Between tries to open one.
  base::Duration pause = std::chrono::seconds(1);
};

// On its worker's thread; made before the workers start, destroyed after they have stopped. Shared so that what is
// under way in the loop can tell whether it is still there.
class WorkerQueries : public std::enable_shared_from_this<WorkerQueries> {
 public:
  // What the database does for it. Outlives it.
  class Threads {
   public:
    virtual ~Threads() = default;
    virtual void read_by_threads(std::unique_ptr<ReadJob> job) = 0;
    // Opens a connection on a thread, and calls `opened` there; an error when there is no thread to be had.
    using Opened = std::move_only_function<void(base::Result<std::unique_ptr<EventConnection>>)>;
    [[nodiscard]] virtual base::Result<> open_by_thread(Opened opened) = 0;
  };

  WorkerQueries(net::EventLoop& loop, Threads& threads, const WorkerQueryLimits& limits, const base::Clock& clock);
  ~WorkerQueries();
  WorkerQueries(const WorkerQueries&) = delete;
  WorkerQueries& operator=(const WorkerQueries&) = delete;

  // Serves `job`: by a connection that is free, by the first that will be, or by the threads.
  void read(std::unique_ptr<ReadJob> job);

  [[nodiscard]] std::size_t connections() const { return links_.size(); }
  [[nodiscard]] std::size_t queued() const { return queue_.size(); }

 private:
  struct Link;
  struct Queued {
    std::unique_ptr<ReadJob> job;
    base::TimePoint since;
  };

  void open();
  void on_opened(base::Result<std::unique_ptr<EventConnection>> opened);
  [[nodiscard]] Link* idle_link();
  void begin(Link& link, std::unique_ptr<ReadJob> job);
  void on_ready(Link& link, net::Readiness ready);
  // Its statement waits, or is done.
  void follow(Link& link);
  void drop(Link& link);
  void serve_queue();
  void queue_to_threads(base::TimePoint since);
  // The next look at what takes too long.
  void look_after(base::Duration delay, bool& pending);
  void on_busy_look();
  void on_idle_look();

  net::EventLoop& loop_;
  Threads& threads_;
  const WorkerQueryLimits limits_;
  const base::Clock& clock_;
  std::vector<std::unique_ptr<Link>> links_;  // the last that is free is taken: the first go unused
  std::deque<Queued> queue_;
  bool opening_ = false;
  bool unsupported_ = false;  // no such connections to this database
  base::TimePoint try_again_{};
  bool busy_look_ = false;
  bool idle_look_ = false;
};

}  // namespace carillon::storage
