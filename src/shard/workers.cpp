// SPDX-License-Identifier: Apache-2.0
// The rounds of a worker, when it may sleep, and how many receive.
#include "shard/workers.h"

#include <time.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace carillon::shard {

namespace {

constexpr base::TimePoint kAwake = base::TimePoint::min();
constexpr unsigned kWindowsBeforeParking = 10;

base::Duration thread_cpu_time() {
  timespec spent{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

// What one worker tells the others.
struct alignas(64) Worker {
  std::atomic<base::TimePoint> sleeps_until{kAwake};
  std::atomic<double> busy{0};                    // share of the last window
  std::atomic<base::TimePoint> measured{kAwake};  // when that window ended
  base::Duration cpu_time{};                      // at that time
  std::thread thread;
};

}  // namespace

struct Workers::State final : Waker {
  State(Shards& all, std::vector<Loop*> waits, WorkersOptions settings)
      : shards(all), loops(std::move(waits)), options(std::move(settings)), workers(loops.size()) {}

  void run(unsigned number);
  [[nodiscard]] base::Duration time_to_sleep(unsigned number);
  void wake_one() override;
  void measure(unsigned number, base::TimePoint now);
  void follow_load(base::TimePoint now);
  void activate(unsigned wanted);

  Shards& shards;
  std::vector<Loop*> loops;
  WorkersOptions options;
  std::vector<Worker> workers;
  std::atomic<unsigned> active{1};
  std::atomic<bool> stopping{false};
  unsigned quiet_windows = 0;  // worker 0's
};

void Workers::State::run(unsigned number) {
  const WorkerScope scope(number);
  Worker& self = workers[number];
  base::Duration wait = base::Duration::zero();
  while (!stopping.load(std::memory_order_relaxed)) {
    loops[number]->poll(wait);
    self.sleeps_until.store(kAwake, std::memory_order_relaxed);
    shards.run_mail();
    const base::TimePoint now = shards.clock().now();
    shards.run_timers(now);
    loops[number]->flush();
    measure(number, now);
    wait = time_to_sleep(number);
  }
}

// Says until when this worker is going to sleep, then looks again: whoever posts looks the other way round, so that
// either we see the mail or they see that we sleep.
base::Duration Workers::State::time_to_sleep(unsigned number) {
  Worker& self = workers[number];
  const bool parked = number >= active.load();
  base::TimePoint until = parked ? base::TimePoint::max() : shards.next_due();
  const base::TimePoint now = shards.clock().now();
  // Somebody has to notice that the load is gone.
  if (number == 0 && active.load() > options.least_active) until = std::min(until, now + options.window);

  self.sleeps_until.store(until);
  const base::TimePoint due = shards.next_due();
  if (parked && due < workers[0].sleeps_until.load()) loops[0]->wake();
  const bool stay_awake = shards.has_mail() || stopping.load() || (!parked && due < until) || until <= now;
  if (stay_awake) {
    self.sleeps_until.store(kAwake, std::memory_order_relaxed);
    return base::Duration::zero();
  }
  return until == base::TimePoint::max() ? base::Duration::max() : until - now;
}

void Workers::State::wake_one() {
  const unsigned candidates = active.load();
  for (unsigned number = 0; number < candidates; ++number) {
    if (workers[number].sleeps_until.load() == kAwake) return;
  }
  loops[0]->wake();
}

void Workers::State::measure(unsigned number, base::TimePoint now) {
  Worker& self = workers[number];
  const base::TimePoint before = self.measured.load(std::memory_order_relaxed);
  if (before != kAwake && now - before < options.window) return;
  const base::Duration cpu_time = thread_cpu_time();
  if (before != kAwake) {
    const auto share =
        static_cast<double>((cpu_time - self.cpu_time).count()) / static_cast<double>((now - before).count());
    self.busy.store(share, std::memory_order_relaxed);
  }
  self.cpu_time = cpu_time;
  self.measured.store(now, std::memory_order_relaxed);
  if (number == 0) follow_load(now);
}

void Workers::State::follow_load(base::TimePoint now) {
  const unsigned receiving = active.load();
  double busiest = 0;
  double total = 0;
  for (unsigned number = 0; number < receiving; ++number) {
    // One that has slept since has nothing to tell.
    const base::TimePoint measured = workers[number].measured.load(std::memory_order_relaxed);
    if (measured == kAwake || now - measured > 3 * options.window) continue;
    const double busy = workers[number].busy.load(std::memory_order_relaxed);
    busiest = std::max(busiest, busy);
    total += busy;
  }
  if (busiest > options.activate_above && receiving < workers.size()) {
    quiet_windows = 0;
    activate(receiving + 1);
  } else if (receiving > options.least_active && total < options.park_below * (receiving - 1)) {
    if (++quiet_windows < kWindowsBeforeParking) return;
    quiet_windows = 0;
    activate(receiving - 1);
  } else {
    quiet_windows = 0;
  }
}

void Workers::State::activate(unsigned wanted) {
  const unsigned before = active.exchange(wanted);
  if (options.on_active_workers) options.on_active_workers(wanted);
  if (wanted > before) loops[wanted - 1]->wake();
}

Workers::Workers(Shards& shards, std::vector<Loop*> loops, WorkersOptions options)
    : state_(std::make_unique<State>(shards, std::move(loops), std::move(options))) {
  CARILLON_ASSERT(!state_->loops.empty());
  const auto count = static_cast<unsigned>(state_->loops.size());
  state_->options.least_active = std::clamp(state_->options.least_active, 1U, count);
}

Workers::~Workers() { stop(); }

void Workers::start() {
  state_->stopping = false;
  state_->active = state_->options.least_active;
  state_->shards.set_waker(state_.get());
  if (state_->options.on_active_workers) state_->options.on_active_workers(state_->active);
  for (unsigned number = 0; number < count(); ++number)
    state_->workers[number].thread = std::thread([this, number] { state_->run(number); });
}

void Workers::stop() {
  state_->stopping = true;
  for (Loop* loop : state_->loops) loop->wake();
  for (Worker& worker : state_->workers) {
    if (worker.thread.joinable()) worker.thread.join();
  }
  state_->shards.set_waker(nullptr);
}

unsigned Workers::count() const { return static_cast<unsigned>(state_->workers.size()); }
unsigned Workers::active() const { return state_->active.load(); }

}  // namespace carillon::shard
