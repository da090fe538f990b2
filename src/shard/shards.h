// SPDX-License-Identifier: Apache-2.0
// The shards, and the door into each: run at once if nobody is inside, otherwise leave it in the mailbox.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/time.h"
#include "shard/due_board.h"
#include "shard/shard.h"

namespace carillon::shard {

enum class Entry : std::uint8_t {
  Ran,      // has run before enter() returned
  Queued,   // will run when whoever is inside gets to it
  Refused,  // the mailbox is full: the item is gone, the caller counts it
};

// Something besides the shards with timers of its own (the partitions of a table). Turned by one worker at a time.
class Timed {
 public:
  virtual ~Timed() = default;
  // Fires what is due and returns when to be called next (TimePoint::max(): not until set_due()). On a worker,
  // outside any shard.
  virtual base::TimePoint advance(base::TimePoint now) = 0;
};

// Wakes a worker that sleeps, if all do. Any thread.
class Waker {
 public:
  virtual ~Waker() = default;
  virtual void wake_one() = 0;
};

struct ShardsOptions {
  std::size_t mailbox = 1024;     // items one shard's mailbox holds before enter() refuses
  unsigned items_per_entry = 64;  // after so many a worker leaves the shard and comes back in its next round
};

class Shards {
 public:
  explicit Shards(const base::Clock& clock, ShardsOptions options = {});
  ~Shards();
  Shards(const Shards&) = delete;
  Shards& operator=(const Shards&) = delete;

  // On a worker. Runs `run(Shard&)` at once if nobody is inside; otherwise `keep()` makes the Item to be queued, so
  // that what it refers to is copied only then. From inside a shard, or with a partition's lock held, it is queued.
  template <typename Run, typename Keep>
  [[nodiscard]] Entry enter(ShardId id, Run&& run, Keep&& keep);
  template <typename Run>
  [[nodiscard]] Entry enter(ShardId id, Run&& run);

  // Any thread. Runs `item` on a worker, after the caller has left the shard or lock it is in; items posted by one
  // thread to one shard keep their order. Never refused: for completions and events that a limit of their own bounds.
  void post(ShardId id, Item item);
  // As post(), but false, and the item gone, when the mailbox is full.
  [[nodiscard]] bool try_post(ShardId id, Item item);

  // Completes a Suspension (suspension.h) with `value` inside its shard; does nothing when it is gone. Any thread.
  template <typename HandleType, typename... Value>
  void resume(HandleType handle, Value&&... value);
  // The same, but what isn't awaited yet, by a coroutine of the shard that this thread is in, need not wait at all; and
  // on a worker that is in no shard it goes on before this returns, if nobody else is inside.
  template <typename HandleType, typename... Value>
  void resume_here(HandleType handle, Value&&... value);

  [[nodiscard]] const base::Clock& clock() const { return *clock_; }

  // Once the workers have stopped, with all that their coroutines refer to still there: ends the tasks that wait, each
  // shard's from inside it and the newest first, calls `let_go` there for what else goes with them, and drops what the
  // mailboxes hold. Nothing is resumed; a completion that comes later finds nothing.
  void abandon(const std::function<void(Shard&)>& let_go = {});

  // For building what a shard owns before the workers start, and for taking it down after they have stopped.
  [[nodiscard]] Shard& shard(ShardId id) { return *shards_[id]; }

  // --- Timers of tables ---

  // At most 64 at a time. Not from within Timed::advance().
  [[nodiscard]] unsigned attach(Timed& timed);
  void detach(unsigned slot);
  // Asks for Timed::advance() at `due` if that is earlier than what is asked so far. Any thread; on other threads than
  // workers a worker is woken.
  void set_due(unsigned slot, base::TimePoint due);

  // --- For Workers and ManualWorker ---

  // Runs the shards that have mail; false when none had.
  bool run_mail();
  // Turns the wheels that are due; false when none was.
  bool run_timers(base::TimePoint now);
  [[nodiscard]] bool has_mail() const;
  // No timer fires before this.
  [[nodiscard]] base::TimePoint next_due() const { return board_.earliest(); }
  void set_waker(Waker* waker) { waker_.store(waker); }

 private:
  static constexpr unsigned kTimed = 64;

  // The worker inside: makes it so on construction, undoes it on destruction.
  class Inside;

  [[nodiscard]] static bool try_lock(Shard& shard);
  // Runs what waits and `run(Shard&)`, and leaves; false when somebody is inside, or this thread may enter none.
  template <typename Run>
  [[nodiscard]] bool run_inside(Shard& shard, Run&& run);
  [[nodiscard]] bool put(Shard& shard, Item item, std::size_t limit);
  void leave(Shard& shard);
  void leave_with_mail(Shard& shard);
  // Leaves without running what has come meanwhile: somebody else will.
  void unlock(Shard& shard);
  bool drop_mail(Shard& shard);
  [[nodiscard]] unsigned run_mailbox(Shard& shard, unsigned limit);
  void publish_due(Shard& shard) {
    if (shard.wheel_.next_due() != board_.due(shard.id_)) board_.set(shard.id_, shard.wheel_.next_due());
  }
  void mark_ready(ShardId id);
  void wake();
  bool run_shard_timers(Shard& shard, base::TimePoint now);
  bool run_timed(base::TimePoint now);

  const base::Clock* clock_;
  ShardsOptions options_;
  std::atomic<Waker*> waker_{nullptr};
  alignas(64) std::array<std::atomic<std::uint64_t>, kShards / 64> ready_{};
  DueBoard<kShards + kTimed> board_;
  std::array<std::unique_ptr<Shard>, kShards> shards_;
  std::mutex timed_mutex_;  // held by the worker that turns them
  std::array<Timed*, kTimed> timed_{};
};

class Shards::Inside {
 public:
  explicit Inside(Shard& shard) {
    context.shard = &shard;
    shard.now_ = base::TimePoint::min();
  }
  ~Inside() { context.shard = nullptr; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
};

inline bool Shards::try_lock(Shard& shard) {
  std::uint32_t state = shard.state_.load(std::memory_order_relaxed);
  return (state & Shard::kRunning) == 0 &&
         shard.state_.compare_exchange_strong(state, state | Shard::kRunning, std::memory_order_acquire);
}

inline void Shards::leave(Shard& shard) {
  publish_due(shard);
  std::uint32_t alone = Shard::kRunning;
  if (!shard.state_.compare_exchange_strong(alone, 0)) leave_with_mail(shard);
}

template <typename Run>
bool Shards::run_inside(Shard& shard, Run&& run) {
  if (context.shard != nullptr || context.locks != 0 || !try_lock(shard)) return false;
  // What came earlier runs earlier.
  if (shard.state_.load(std::memory_order_relaxed) != Shard::kRunning) {
    static_cast<void>(run_mailbox(shard, options_.items_per_entry));
  }
  {
    const Inside inside(shard);
    std::forward<Run>(run)(shard);
  }
  leave(shard);
  return true;
}

template <typename Run, typename Keep>
Entry Shards::enter(ShardId id, Run&& run, Keep&& keep) {
  CARILLON_ASSERT(context.worker != Context::kNoWorker);
  Shard& shard = *shards_[id];
  if (run_inside(shard, std::forward<Run>(run))) return Entry::Ran;
  return put(shard, std::forward<Keep>(keep)(), options_.mailbox) ? Entry::Queued : Entry::Refused;
}

template <typename Run>
Entry Shards::enter(ShardId id, Run&& run) {
  return enter(id, run, [&run] { return Item(std::forward<Run>(run)); });
}

template <typename HandleType, typename... Value>
void Shards::resume(HandleType handle, Value&&... value) {
  post(handle.shard(), handle.completion(std::forward<Value>(value)...));
}

template <typename HandleType, typename... Value>
void Shards::resume_here(HandleType handle, Value&&... value) {
  Shard& its = *shards_[handle.shard()];
  if (context.shard == &its && !handle.is_awaited(its)) return handle.complete(its, std::forward<Value>(value)...);
  const auto complete = [&](Shard& shard) { handle.complete(shard, std::forward<Value>(value)...); };
  if (context.worker != Context::kNoWorker && run_inside(its, complete)) return;
  resume(handle, std::forward<Value>(value)...);
}

}  // namespace carillon::shard
