// SPDX-License-Identifier: Apache-2.0
// Turns with real workers: one at a time, everybody in the end, and who gives up is passed over.
#include "shard/turns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"
#include "shard/workers.h"

namespace carillon::shard {
namespace {

using namespace std::chrono_literals;

// Sleeps until woken.
class BareLoop final : public Loop {
 public:
  void poll(base::Duration max_wait) override {
    std::unique_lock lock(mutex_);
    wakeup_.wait_for(lock, std::min<base::Duration>(max_wait, 10ms), [this] { return woken_; });
    woken_ = false;
  }
  void wake() override {
    const std::scoped_lock lock(mutex_);
    woken_ = true;
    wakeup_.notify_one();
  }
  void flush() override {}

 private:
  std::mutex mutex_;
  std::condition_variable wakeup_;
  bool woken_ = false;
};

constexpr int kNames = 3;

struct Course {
  Turns& turns;
  std::array<std::atomic<bool>, kNames> taken{};
  std::atomic<int> overlaps{0};
  std::atomic<int> done{0};
};

base::Task<> take_one(Course& course, Shard& shard, int name) {
  const auto turn = co_await course.turns.take(shard, "user" + std::to_string(name));
  if (!turn) co_return;
  if (course.taken[static_cast<std::size_t>(name)].exchange(true)) ++course.overlaps;
  co_await shard.sleep(1ms);
  course.taken[static_cast<std::size_t>(name)] = false;
  ++course.done;
}

base::Running give_up(Turns& turns, Shard& shard, int name) {
  static_cast<void>(co_await turns.take(shard, "user" + std::to_string(name)));
}

TEST(TurnsThreadsTest, OneAtATimeAndEverybodyInTheEnd) {
  base::SystemClock clock;
  Shards shards{clock};
  std::vector<std::unique_ptr<BareLoop>> loops;
  std::vector<Loop*> pointers;
  for (int i = 0; i < 2; ++i) {
    loops.push_back(std::make_unique<BareLoop>());
    pointers.push_back(loops.back().get());
  }
  Turns turns(shards, 200);
  Course course{.turns = turns};
  constexpr int kTakers = 90;
  {
    Workers workers(shards, pointers);
    workers.start();
    for (int i = 0; i < kTakers; ++i) {
      shards.post(static_cast<ShardId>(static_cast<unsigned>(i) * 7 % kShards), [&course, i](Shard& shard) {
        base::start(take_one(course, shard, i % kNames), [] {});
        const base::Running ends_here = give_up(course.turns, shard, i % kNames);
      });
    }
    const auto limit = std::chrono::steady_clock::now() + 60s;
    while (course.done < kTakers && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
  }
  EXPECT_EQ(course.done, kTakers);
  EXPECT_EQ(course.overlaps, 0);
}

}  // namespace
}  // namespace carillon::shard
