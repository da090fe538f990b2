// SPDX-License-Identifier: Apache-2.0
// The pool's one queue: unordered jobs and lanes take turns in the order in which they became ready.
#include "storage/pool.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "base/assert.h"

namespace carillon::storage {

class Pool::Queue {
 public:
  explicit Queue(const Limits& limits) : limit_(limits.queued_jobs) {
    threads_.reserve(limits.threads);
    for (std::size_t i = 0; i < limits.threads; ++i) {
      threads_.emplace_back([this, &sleeper = own_sleepers_.emplace_back()] { run(sleeper); });
    }
  }

  base::Result<> submit(std::optional<std::uint64_t> lane, Job job) {
    Sleeper* sleeper = nullptr;
    {
      const std::scoped_lock lock(mutex_);
      if (stopping_) return base::fail("the storage pool has stopped");
      if (queued_ >= limit_) return base::fail("the storage pool's queue is full");
      ++queued_;
      if (lane && !open_lane(*lane, job)) return {};  // a thread is in the lane, or will be
      if (!lane) ready_.emplace_back(std::move(job));
      if (sleepers_.empty()) return {};
      sleeper = sleepers_.back();
      sleepers_.pop_back();
      sleeper->called = true;
    }
    sleeper->wake.notify_one();
    return {};
  }

  std::size_t stop(base::Duration bound) {
    std::deque<Ready> dropped_ready;
    std::unordered_map<std::uint64_t, std::deque<Job>> dropped_lanes;
    std::size_t dropped = 0;
    {
      std::unique_lock lock(mutex_);
      stopping_ = true;
      if (!threads_.empty()) drained_.wait_for(lock, bound, [this] { return queued_ == 0; });
      dropped = std::exchange(queued_, 0);
      dropped_ready.swap(ready_);
      dropped_lanes.swap(lanes_);
      ended_ = true;
      for (Sleeper* sleeper : sleepers_) sleeper->called = true;
      for (Sleeper* sleeper : std::exchange(sleepers_, {})) sleeper->wake.notify_one();
    }
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
    return dropped;
  }

  [[nodiscard]] std::size_t queued() const {
    const std::scoped_lock lock(mutex_);
    return queued_;
  }

  [[nodiscard]] bool has_threads() const { return !threads_.empty(); }

  bool run_pending() {
    CARILLON_ASSERT(threads_.empty());
    std::unique_lock lock(mutex_);
    const bool any = !ready_.empty();
    while (!ready_.empty()) run_next(lock);
    return any;
  }

 private:
  // A thread while it has no work; each has one for its life. The one that went to sleep last is called first: its
  // memory is still at hand, and that of its connection.
  struct Sleeper {
    std::condition_variable wake;
    bool called = false;
  };

  // A job, or the lane whose next job is due.
  using Ready = std::variant<Job, std::uint64_t>;

  // Puts `job` at the end of its lane. True when the lane was idle: it is ready now.
  bool open_lane(std::uint64_t lane, Job& job) {
    auto [entry, was_idle] = lanes_.try_emplace(lane);
    entry->second.push_back(std::move(job));
    if (was_idle) ready_.emplace_back(lane);
    return was_idle;
  }

  void run(Sleeper& self) {
    std::unique_lock lock(mutex_);
    while (true) {
      if (!ended_ && ready_.empty()) sleep(self, lock);
      if (ended_) return;
      if (ready_.empty()) continue;  // somebody was quicker
      run_next(lock);
    }
  }

  void sleep(Sleeper& self, std::unique_lock<std::mutex>& lock) {
    self.called = false;
    sleepers_.push_back(&self);
    self.wake.wait(lock, [&self] { return self.called; });
  }

  void run_next(std::unique_lock<std::mutex>& lock) {
    Ready next = std::move(ready_.front());
    ready_.pop_front();
    if (const auto* lane = std::get_if<std::uint64_t>(&next)) {
      run_one_of(*lane, lock);
    } else {
      run_unlocked(std::move(std::get<Job>(next)), lock);
    }
  }

  // A lane stays in the table while a job of it runs, which keeps others out; then it queues behind what is ready.
  void run_one_of(std::uint64_t lane, std::unique_lock<std::mutex>& lock) {
    std::deque<Job>& jobs = lanes_.find(lane)->second;
    Job job = std::move(jobs.front());
    jobs.pop_front();
    run_unlocked(std::move(job), lock);
    const auto entry = lanes_.find(lane);  // stop() may have emptied the table
    if (entry == lanes_.end()) return;
    if (entry->second.empty()) {
      lanes_.erase(entry);
    } else {
      ready_.emplace_back(lane);
    }
  }

  void run_unlocked(Job job, std::unique_lock<std::mutex>& lock) {
    if (--queued_ == 0 && stopping_) drained_.notify_all();
    lock.unlock();
    job();
    job = nullptr;  // what it owns is destroyed outside the lock
    lock.lock();
  }

  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::deque<Sleeper> own_sleepers_;  // stay where they are
  std::vector<Sleeper*> sleepers_;    // those asleep
  std::condition_variable drained_;
  std::deque<Ready> ready_;
  std::unordered_map<std::uint64_t, std::deque<Job>> lanes_;  // those with a job waiting or running
  std::size_t queued_ = 0;
  bool stopping_ = false;
  bool ended_ = false;
  std::vector<std::thread> threads_;
};

Pool::Pool(const Limits& limits) : queue_(std::make_unique<Queue>(limits)) {}

Pool::~Pool() { queue_->stop(base::Duration::zero()); }

base::Result<> Pool::submit(Job job) { return queue_->submit(std::nullopt, std::move(job)); }

base::Result<> Pool::submit(std::uint64_t lane, Job job) { return queue_->submit(lane, std::move(job)); }

std::size_t Pool::stop(base::Duration bound) { return queue_->stop(bound); }

std::size_t Pool::queued() const { return queue_->queued(); }

bool Pool::has_threads() const { return queue_->has_threads(); }

bool Pool::run_pending() { return queue_->run_pending(); }

}  // namespace carillon::storage
