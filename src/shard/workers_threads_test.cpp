// SPDX-License-Identifier: Apache-2.0
// Several real workers on one set of shards: nothing is lost, nobody is inside twice, sleepers are woken.
#include "shard/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <latch>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/task.h"
#include "base/time.h"
#include "shard/partitioned_table.h"
#include "shard/snapshot.h"
#include "shard/suspension.h"

namespace carillon::shard {
namespace {

using namespace std::chrono_literals;

// A loop without sockets: calls `work` in every poll, and sleeps until woken once that returns false.
class BareLoop final : public Loop {
 public:
  explicit BareLoop(std::function<bool()> work = {}) : work_(std::move(work)) {}

  void poll(base::Duration max_wait) override {
    if (!more_) {
      std::unique_lock lock(mutex_);
      const auto woken = [this] { return woken_; };
      if (max_wait == base::Duration::max()) {
        wakeup_.wait(lock, woken);
      } else {
        wakeup_.wait_for(lock, max_wait, woken);
      }
      woken_ = false;
    }
    more_ = work_ && work_();
  }
  void wake() override {
    const std::scoped_lock lock(mutex_);
    woken_ = true;
    wakeup_.notify_one();
  }
  void flush() override {}

 private:
  std::function<bool()> work_;
  bool more_ = false;
  std::mutex mutex_;
  std::condition_variable wakeup_;
  bool woken_ = false;
};

struct Running {
  explicit Running(unsigned count, WorkersOptions options = {}, const std::function<bool()>& work = {}) {
    for (unsigned number = 0; number < count; ++number) {
      loops.push_back(std::make_unique<BareLoop>(work));
      pointers.push_back(loops.back().get());
    }
    workers = std::make_unique<Workers>(shards, pointers, std::move(options));
  }

  base::SystemClock clock;
  Shards shards{clock};
  std::vector<std::unique_ptr<BareLoop>> loops;
  std::vector<Loop*> pointers;
  std::unique_ptr<Workers> workers;
};

TEST(WorkersThreadsTest, PostsFromManyThreadsAllRunOneAtATimeInOrder) {
  constexpr int kThreads = 4;
  constexpr int kPosts = 5000;
  constexpr ShardId kUsed = 3;
  Running running(2);
  // Plain integers: the thread sanitizer and the order check see it if two were inside at once.
  std::vector<std::vector<int>> last(kUsed, std::vector<int>(kThreads, -1));
  std::latch done(kThreads * kPosts);
  std::atomic<int> disorder{0};
  running.workers->start();
  std::vector<std::thread> posters;
  for (int thread = 0; thread < kThreads; ++thread) {
    posters.emplace_back([&, thread] {
      for (int i = 0; i < kPosts; ++i) {
        const auto id = static_cast<ShardId>(i % kUsed);
        running.shards.post(id, [&, thread, i](Shard& shard) {
          int& before = last[shard.id()][static_cast<std::size_t>(thread)];
          if (before >= i) ++disorder;
          before = i;
          done.count_down();
        });
      }
    });
  }
  for (std::thread& poster : posters) poster.join();
  done.wait();
  EXPECT_EQ(disorder, 0);
  running.workers->stop();
}

TEST(WorkersThreadsTest, WorkersContendForOneShardWithoutLosingAnEntry) {
  constexpr int kEntries = 20'000;
  int counted = 0;  // the shard's own
  std::atomic<int> entered{0};
  std::atomic<int> refused{0};
  Running* running = nullptr;
  WorkersOptions both;
  both.least_active = 2;
  Running own(2, both, [&] {
    for (int i = 0; i < 100 && entered.load() < kEntries; ++i) {
      ++entered;
      if (running->shards.enter(7, [&](Shard&) { ++counted; }) == Entry::Refused) ++refused;
    }
    return entered.load() < kEntries;
  });
  running = &own;
  own.workers->start();
  std::latch done(1);
  while (entered.load() < kEntries) std::this_thread::yield();
  own.shards.post(7, [&](Shard&) { done.count_down(); });
  done.wait();
  own.workers->stop();
  ManualWorker(own.shards).run_until_idle();
  EXPECT_EQ(counted + refused.load(), entered.load());
}

TEST(WorkersThreadsTest, CompletionsFromOtherThreadsResumeEveryCoroutine) {
  constexpr int kRuns = 2000;
  Running running(2);
  running.workers->start();
  std::mutex mutex;
  std::condition_variable arrived;
  std::vector<Handle<int>> jobs;
  std::atomic<long> sum{0};
  std::latch done(kRuns);
  const auto run = [&](Shard& shard, int number) -> base::Task<> {
    for (int i = 0; i < 3; ++i) {
      auto answer = shard.suspend<int>();
      {
        const std::scoped_lock lock(mutex);
        jobs.push_back(answer.handle());
      }
      arrived.notify_one();
      sum += co_await answer;
      EXPECT_EQ(context.shard, &shard);
    }
    static_cast<void>(number);
    done.count_down();
  };
  std::atomic<bool> stop{false};
  std::thread pool([&] {
    std::unique_lock lock(mutex);
    while (!stop) {
      arrived.wait(lock, [&] { return stop || !jobs.empty(); });
      for (auto& job : std::exchange(jobs, {})) running.shards.resume(job, 1);
    }
  });
  for (int number = 0; number < kRuns; ++number) {
    running.shards.post(static_cast<ShardId>(static_cast<unsigned>(number) % kShards),
                        [&, number](Shard& shard) { base::start(run(shard, number), [] {}); });
  }
  done.wait();
  EXPECT_EQ(sum, kRuns * 3);
  {
    const std::scoped_lock lock(mutex);
    stop = true;
  }
  arrived.notify_one();
  pool.join();
  running.workers->stop();
}

// Counts while it lives.
class Counted {
 public:
  explicit Counted(std::atomic<int>& count) : count_(count) { ++count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --count_; }

 private:
  std::atomic<int>& count_;
};

// Answers come all the time; the server stops in the middle of them.
TEST(WorkersThreadsTest, EveryCoroutineEndsOnceWhenTheServerStops) {
  constexpr int kRuns = 2000;
  Running running(2);
  std::vector<Handle<int>> jobs;
  std::mutex mutex;
  std::atomic<int> alive{0};
  std::atomic<int> went_on{0};
  std::latch all_wait(kRuns);
  const auto run = [&](Shard& shard) -> base::Task<> {
    const Counted counted(alive);
    auto answer = shard.suspend<int>();
    {
      const std::scoped_lock lock(mutex);
      jobs.push_back(answer.handle());
    }
    all_wait.count_down();
    went_on += co_await answer;
  };
  running.workers->start();
  for (int number = 0; number < kRuns; ++number) {
    running.shards.post(static_cast<ShardId>(number % 16), [&](Shard& shard) { shard.start(run(shard), [] {}); });
  }
  all_wait.wait();
  std::thread pool([&] {
    for (const auto& job : jobs) running.shards.resume(job, 1);
  });
  running.workers->stop();
  const int before = went_on;
  running.shards.abandon();
  EXPECT_EQ(alive, 0);
  pool.join();
  running.shards.abandon();
  EXPECT_EQ(went_on, before);
}

TEST(WorkersThreadsTest, TimersWakeSleepingWorkers) {
  constexpr int kNaps = 300;
  Running running(2);
  running.workers->start();
  std::latch done(kNaps);
  std::atomic<int> early{0};
  const auto nap = [&](Shard& shard, base::Duration delay) -> base::Task<> {
    const auto before = std::chrono::steady_clock::now();
    co_await shard.sleep(delay);
    if (std::chrono::steady_clock::now() - before < delay) ++early;
    done.count_down();
  };
  for (int i = 0; i < kNaps; ++i) {
    running.shards.post(static_cast<ShardId>(static_cast<unsigned>(i) % kShards), [&, i](Shard& shard) {
      base::start(nap(shard, std::chrono::milliseconds(1 + i % 50)), [] {});
    });
  }
  done.wait();
  EXPECT_EQ(early, 0);
  running.workers->stop();
}

// A parked worker still drains its sockets and owns its connections: what it schedules there is turned by the others.
TEST(WorkersThreadsTest, TimersOfParkedWorkersFireInTime) {
  constexpr int kNaps = 200;
  constexpr auto kLate = 2s;  // other programs may have the machine; a timer that waits for the next wake never fires
  struct Nap {
    explicit Nap(std::latch& all) : done(all) {}
    void on_timer() {
      fired = std::chrono::steady_clock::now();
      done.count_down();
    }
    std::latch& done;
    base::TimePoint due;
    base::TimePoint fired;
    Timer timer = Timer::calling<&Nap::on_timer>(this);
  };
  std::latch done(kNaps);
  std::vector<std::unique_ptr<Nap>> naps;
  for (int i = 0; i < kNaps; ++i) naps.push_back(std::make_unique<Nap>(done));
  std::atomic<int> next{0};
  Running* running = nullptr;
  Running own(4, {}, [&] {
    if (context.worker == 0) return false;
    const int number = next++;
    if (number >= kNaps) return false;
    const auto schedule = [&nap = *naps[static_cast<std::size_t>(number)], number](Shard& shard) {
      const auto delay = std::chrono::milliseconds(5 + number % 60);
      nap.due = std::chrono::steady_clock::now() + delay;
      shard.schedule(nap.timer, delay);
    };
    EXPECT_NE(running->shards.enter(static_cast<ShardId>(number % 7), schedule), Entry::Refused);
    return false;
  });
  running = &own;
  own.workers->start();
  EXPECT_EQ(own.workers->active(), 1U);
  // As if a packet came to one of the parked: only that one wakes.
  for (int i = 0; next < kNaps; ++i) {
    own.loops[1 + static_cast<unsigned>(i) % 3]->wake();
    std::this_thread::yield();
  }
  done.wait();
  own.workers->stop();
  for (const auto& nap : naps) {
    EXPECT_GE(nap->fired, nap->due);
    EXPECT_LT(nap->fired - nap->due, kLate);
  }
}

TEST(WorkersThreadsTest, TableExpiryWakesSleepingWorkers) {
  Running running(2);
  running.workers->start();
  constexpr int kEntries = 200;
  std::latch done(kEntries);
  PartitionedTable<int, int> table(running.shards, [&](int, int&) -> std::optional<base::TimePoint> {
    done.count_down();
    return std::nullopt;
  });
  std::vector<std::thread> writers;
  for (int thread = 0; thread < 2; ++thread) {
    writers.emplace_back([&, thread] {
      for (int key = thread; key < kEntries; key += 2) {
        table.with(key, [&](auto& entry) {
          entry.create(key);
          entry.expire_at(running.clock.now() + std::chrono::milliseconds(key % 30));
        });
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  done.wait();
  running.workers->stop();
  EXPECT_EQ(table.size(), 0U);
}

TEST(WorkersThreadsTest, ActiveWorkersFollowTheLoad) {
  std::atomic<bool> busy{true};
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<unsigned> seen;
  WorkersOptions options;
  options.window = 2ms;
  options.activate_above = 0.05;  // other programs may leave us little of the machine
  options.on_active_workers = [&](unsigned active) {
    const std::scoped_lock lock(mutex);
    seen.push_back(active);
    changed.notify_one();
  };
  Running own(2, options, [&] {
    const auto until = std::chrono::steady_clock::now() + 200us;
    while (std::chrono::steady_clock::now() < until) {
    }
    return busy.load();
  });
  own.workers->start();
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return seen.back() == 2; });
  EXPECT_EQ(seen.front(), 1U);
  busy = false;
  changed.wait(lock, [&] { return seen.back() == 1; });
  lock.unlock();
  own.workers->stop();
}

TEST(WorkersThreadsTest, SnapshotReadersNeverSeeAMix) {
  Snapshot<std::vector<int>> snapshot(std::make_shared<const std::vector<int>>(100, 0));
  std::atomic<bool> stop{false};
  std::atomic<int> mixed{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      Snapshot<std::vector<int>>::Reader reader;
      while (!stop) {
        const auto& seen = *reader.read(snapshot);
        for (const int value : seen) {
          if (value != seen.front()) ++mixed;
        }
      }
    });
  }
  for (int version = 1; version < 2000; ++version)
    snapshot.store(std::make_shared<const std::vector<int>>(100, version));
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(mixed, 0);
}

TEST(WorkersThreadsTest, StopsWhileAsleep) {
  Running running(2);
  running.workers->start();
  running.workers->stop();
  running.workers->start();
  running.workers->stop();
  EXPECT_EQ(running.workers->count(), 2U);
}

}  // namespace
}  // namespace carillon::shard
