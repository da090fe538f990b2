// SPDX-License-Identifier: Apache-2.0
// What the frame around a message costs: entering a shard (alone and contended), posting, waiting, timers, tables.
#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/task.h"
#include "shard/partitioned_table.h"
#include "shard/snapshot.h"
#include "shard/suspension.h"
#include "shard/workers.h"
#include "testing/fake_clock.h"

namespace carillon::shard {
namespace {

using namespace std::chrono_literals;

void enter_uncontended(benchmark::State& state) {
  const base::SystemClock clock;
  Shards shards(clock);
  const WorkerScope worker(0);
  std::uint64_t count = 0;
  ShardId id = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(shards.enter(id, [&](Shard&) { ++count; }));
    id = static_cast<ShardId>((id + 1) % kShards);
  }
  benchmark::DoNotOptimize(count);
}
BENCHMARK(enter_uncontended);

// All threads want the same shard: one is inside, the others leave items.
void enter_contended(benchmark::State& state) {
  static const base::SystemClock clock;
  static std::unique_ptr<Shards> shards;
  static std::uint64_t count = 0;
  if (state.thread_index() == 0) shards = std::make_unique<Shards>(clock);
  const WorkerScope worker(static_cast<unsigned>(state.thread_index()));
  std::int64_t queued = 0;
  std::int64_t refused = 0;
  for (auto _ : state) {
    const Entry entry = shards->enter(1, [](Shard&) { benchmark::DoNotOptimize(++count); });
    queued += entry == Entry::Queued;
    refused += entry == Entry::Refused;
    if (entry != Entry::Ran) shards->run_mail();
  }
  state.counters["queued"] = benchmark::Counter(static_cast<double>(queued), benchmark::Counter::kAvgIterations);
  state.counters["refused"] = benchmark::Counter(static_cast<double>(refused), benchmark::Counter::kAvgIterations);
}
BENCHMARK(enter_contended)->Threads(2)->UseRealTime();

// Two workers on shards of their own, as most of the time.
void enter_two_workers(benchmark::State& state) {
  static const base::SystemClock clock;
  static std::unique_ptr<Shards> shards;
  if (state.thread_index() == 0) shards = std::make_unique<Shards>(clock);
  const WorkerScope worker(static_cast<unsigned>(state.thread_index()));
  std::uint64_t count = 0;
  std::minstd_rand random(static_cast<unsigned>(state.thread_index()) + 1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(shards->enter(static_cast<ShardId>(random() % kShards), [&](Shard&) { ++count; }));
  }
}
BENCHMARK(enter_two_workers)->Threads(2)->UseRealTime();

void post_and_run(benchmark::State& state) {
  const base::SystemClock clock;
  Shards shards(clock);
  const WorkerScope worker(0);
  std::uint64_t count = 0;
  for (auto _ : state) {
    shards.post(5, [&count](Shard&) { ++count; });
    shards.run_mail();
  }
  benchmark::DoNotOptimize(count);
}
BENCHMARK(post_and_run);

void suspend_and_resume(benchmark::State& state) {
  const base::SystemClock clock;
  Shards shards(clock);
  const WorkerScope worker(0);
  Handle<int> handle;
  const auto run = [&handle](Shard& shard) -> base::Task<int> {
    auto answer = shard.suspend<int>();
    handle = answer.handle();
    co_return co_await answer;
  };
  int sum = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        shards.enter(5, [&](Shard& shard) { base::start(run(shard), [&sum](int value) { sum += value; }); }));
    shards.resume(handle, 1);
    shards.run_mail();
  }
  benchmark::DoNotOptimize(sum);
}
BENCHMARK(suspend_and_resume);

struct Timed40 {
  void on_timer() { ++fired; }
  std::uint64_t fired = 0;
  Timer timer = Timer::calling<&Timed40::on_timer>(this);
};

// A transaction's life: added with 32 s to go, cancelled long before, among `range` others.
void wheel_schedule_and_cancel(benchmark::State& state) {
  base::TimePoint now{1000h};
  TimingWheel wheel(now);
  const std::vector<Timed40> others(static_cast<std::size_t>(state.range(0)));
  std::minstd_rand random(1);
  for (const Timed40& other : others)
    wheel.schedule(const_cast<Timer&>(other.timer), now + std::chrono::milliseconds(random() % 32'000));
  Timed40 timed;
  for (auto _ : state) {
    wheel.schedule(timed.timer, now + 32s);
    timed.timer.cancel();
  }
}
BENCHMARK(wheel_schedule_and_cancel)->Arg(0)->Arg(1'000)->Arg(1'000'000);

// Timers that are left to fire, 100 to 32,000 ms ahead: the cost of each from adding to firing.
void wheel_schedule_and_fire(benchmark::State& state) {
  base::TimePoint now{1000h};
  TimingWheel wheel(now);
  std::vector<Timed40> timers(static_cast<std::size_t>(state.range(0)));
  std::minstd_rand random(1);
  std::size_t next = 0;
  const auto per_tick = std::max<std::size_t>(1, timers.size() / 3200);
  for (auto _ : state) {
    wheel.schedule(timers[next].timer, now + std::chrono::milliseconds(100 + random() % 31'900));
    next = (next + 1) % timers.size();
    if (next % per_tick == 0) {
      now += TimingWheel::kTick;
      wheel.advance(now);
    }
  }
}
BENCHMARK(wheel_schedule_and_fire)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

// A round of a worker with nothing due: one look at the board.
void round_with_nothing_due(benchmark::State& state) {
  const base::SystemClock clock;
  Shards shards(clock);
  const WorkerScope worker(0);
  const base::TimePoint now = clock.now();
  for (auto _ : state) {
    benchmark::DoNotOptimize(shards.run_mail());
    benchmark::DoNotOptimize(shards.run_timers(now));
    benchmark::DoNotOptimize(shards.next_due());
  }
}
BENCHMARK(round_with_nothing_due);

void table_with(benchmark::State& state) {
  const base::SystemClock clock;
  Shards shards(clock);
  PartitionedTable<std::string, int> table(shards);
  std::vector<std::string> keys;
  for (int i = 0; i < state.range(0); ++i) keys.push_back("sip:user" + std::to_string(i) + "@example.org");
  for (const std::string& key : keys) table.with(key, [](auto& entry) { entry.create(0); });
  std::minstd_rand random(1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.with(keys[random() % keys.size()], [](auto& entry) { return ++*entry.value(); }));
  }
}
BENCHMARK(table_with)->Arg(1'000)->Arg(100'000);

void snapshot_read(benchmark::State& state) {
  const Snapshot<int> snapshot(std::make_shared<const int>(1));
  Snapshot<int>::Reader reader;
  for (auto _ : state) benchmark::DoNotOptimize(reader.read(snapshot).get());
}
BENCHMARK(snapshot_read);

}  // namespace
}  // namespace carillon::shard
