// SPDX-License-Identifier: Apache-2.0
// Shard: where a call lives. One thread at a time is inside; what it owns needs no lock.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "base/task.h"
#include "base/time.h"
#include "shard/context.h"
#include "shard/timing_wheel.h"

namespace carillon::shard {

inline constexpr unsigned kShards = 256;
using ShardId = std::uint16_t;  // 0 to kShards-1

// The shard for a keyed hash of a Call-ID, an AoR, ...
[[nodiscard]] constexpr ShardId shard_of_hash(std::uint64_t hash) { return static_cast<ShardId>(hash % kShards); }

// What waits in a mailbox: owns all it refers to.
using Item = std::move_only_function<void(Shard&)>;

template <typename T>
class Suspension;
class Sleep;

namespace detail {
struct SuspensionKey {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
};
class SuspensionBase;
}  // namespace detail

// Everything here is called from inside the shard only.
class Shard {
 public:
  Shard(ShardId id, const base::Clock& clock) : id_(id), clock_(&clock), wheel_(clock.now()) {}
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  [[nodiscard]] ShardId id() const { return id_; }
  // The clock as of the first call in this item: one reading serves a message.
  [[nodiscard]] base::TimePoint now() {
    if (now_ == base::TimePoint::min()) now_ = clock_->now();
    return now_;
  }

  // Fires `timer` once after `delay`, inside this shard.
  void schedule(Timer& timer, base::Duration delay) { wheel_.schedule(timer, now() + delay); }
  [[nodiscard]] TimingWheel& wheel() { return wheel_; }

  // Runs `task` here as base::start() does. While it waits the shard owns it: Shards::abandon() ends it. What is
  // returned is Tasks::start()'s.
  template <typename T, typename Done>
  std::coroutine_handle<> start(base::Task<T> task, Done done) {
    return tasks_.start(std::move(task), std::move(done));
  }
  // Waiting inside a Task: see suspension.h.
  template <typename T>
  [[nodiscard]] Suspension<T> suspend();
  [[nodiscard]] Sleep sleep(base::Duration delay);

 private:
  friend class Shards;
  friend class detail::SuspensionBase;

  static constexpr std::uint32_t kRunning = 1;
  static constexpr std::uint32_t kOneItem = 2;  // the items in the mailbox are counted above the bit

  struct Waiting {
    std::uint32_t generation = 1;
    detail::SuspensionBase* suspension = nullptr;
  };

  [[nodiscard]] detail::SuspensionKey add_suspension(detail::SuspensionBase& suspension);
  void remove_suspension(detail::SuspensionKey key);
  [[nodiscard]] detail::SuspensionBase* find_suspension(detail::SuspensionKey key);

  ShardId id_;
  const base::Clock* clock_;
  base::TimePoint now_ = base::TimePoint::min();
  std::atomic<std::uint32_t> state_{0};
  TimingWheel wheel_;
  std::vector<Waiting> waiting_;
  std::vector<std::uint32_t> free_waiting_;

  std::mutex mailbox_mutex_;
  std::deque<Item> mailbox_;
  base::Tasks tasks_;
};

}  // namespace carillon::shard
