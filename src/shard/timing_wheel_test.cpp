// SPDX-License-Identifier: Apache-2.0
// The wheel against the obvious model: every timer fires once, not before its time, at most a tick late, in order.
#include "shard/timing_wheel.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

namespace carillon::shard {
namespace {

using namespace std::chrono_literals;
using base::Duration;
using base::TimePoint;

constexpr TimePoint kOrigin{1000h};

struct Recorder {
  explicit Recorder(TimePoint& now) : clock(now) {}
  void on_timer() { fired.push_back(clock); }

  TimePoint& clock;
  std::vector<TimePoint> fired;
  Timer timer = Timer::calling<&Recorder::on_timer>(this);
};

class TimingWheelTest : public ::testing::Test {
 protected:
  // Moves time on in steps of a tick, or in one leap.
  void run_for(Duration span, Duration step = TimingWheel::kTick) {
    const TimePoint end = now_ + span;
    while (now_ < end) {
      now_ = std::min(end, now_ + step);
      wheel_.advance(now_);
    }
  }

  TimePoint now_ = kOrigin;
  TimingWheel wheel_{kOrigin};
};

TEST_F(TimingWheelTest, EmptyWheelIsNeverDue) {
  EXPECT_EQ(wheel_.next_due(), TimePoint::max());
  EXPECT_EQ(wheel_.advance(kOrigin + 24h), 0U);
}

TEST_F(TimingWheelTest, FiresOnceAndNotBeforeItsTime) {
  for (const Duration delay : std::initializer_list<Duration>{1ms, 10ms, 11ms, 500ms, 640ms, 641ms, 4s, 32s, 180s}) {
    Recorder recorder(now_);
    const TimePoint due = now_ + delay;
    wheel_.schedule(recorder.timer, due);
    run_for(delay + 1s, 1ms);
    ASSERT_EQ(recorder.fired.size(), 1U) << delay;
    EXPECT_GE(recorder.fired[0], due);
    EXPECT_LE(recorder.fired[0], due + TimingWheel::kTick);
    EXPECT_FALSE(recorder.timer.pending());
  }
}

TEST_F(TimingWheelTest, DaysAheadFireInTheirTick) {
  Recorder recorder(now_);
  const TimePoint due = now_ + 24h * 400;
  wheel_.schedule(recorder.timer, due);
  wheel_.advance(due - 1ms);
  EXPECT_TRUE(recorder.fired.empty());
  now_ = due + TimingWheel::kTick;
  EXPECT_EQ(wheel_.advance(now_), 1U);
}

TEST_F(TimingWheelTest, BeyondTheLastTickIsKept) {
  Recorder recorder(now_);
  wheel_.schedule(recorder.timer, TimePoint::max());
  wheel_.advance(now_ + 24h * 365 * 10);
  EXPECT_TRUE(recorder.timer.pending());
}

TEST_F(TimingWheelTest, ThePastFiresWithTheNextTick) {
  Recorder recorder(now_);
  wheel_.schedule(recorder.timer, now_ - 500ms);
  EXPECT_EQ(wheel_.advance(now_), 0U);
  run_for(TimingWheel::kTick);
  EXPECT_EQ(recorder.fired.size(), 1U);
}

TEST_F(TimingWheelTest, CancelledTimersDoNotFire) {
  Recorder recorder(now_);
  wheel_.schedule(recorder.timer, now_ + 100ms);
  recorder.timer.cancel();
  EXPECT_FALSE(recorder.timer.pending());
  run_for(1s);
  EXPECT_TRUE(recorder.fired.empty());
  EXPECT_EQ(wheel_.next_due(), TimePoint::max());
}

TEST_F(TimingWheelTest, SchedulingAgainMovesTheTime) {
  Recorder recorder(now_);
  wheel_.schedule(recorder.timer, now_ + 100ms);
  wheel_.schedule(recorder.timer, now_ + 5s);
  run_for(1s);
  EXPECT_TRUE(recorder.fired.empty());
  run_for(5s);
  EXPECT_EQ(recorder.fired.size(), 1U);
}

TEST_F(TimingWheelTest, SameTickFiresInOrderOfScheduling) {
  std::vector<int> order;
  struct Numbered {
    Numbered(std::vector<int>& to, int own) : into(to), number(own) {}
    void on_timer() { into.push_back(number); }
    std::vector<int>& into;
    int number;
    Timer timer = Timer::calling<&Numbered::on_timer>(this);
  };
  Numbered first(order, 1);
  Numbered second(order, 2);
  Numbered third(order, 3);
  wheel_.schedule(first.timer, now_ + 50ms);
  wheel_.schedule(second.timer, now_ + 50ms);
  wheel_.schedule(third.timer, now_ + 50ms);
  run_for(100ms, 100ms);
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST_F(TimingWheelTest, CallbackMayCancelAndDestroyOthersAndItself) {
  struct Group {
    explicit Group(TimePoint& now) : other(std::make_unique<Recorder>(now)) {}
    void on_first() {
      fired = true;
      other.reset();
      first.reset();
    }
    std::unique_ptr<Recorder> other;
    std::unique_ptr<Timer> first =
        std::make_unique<Timer>([](void* group) { static_cast<Group*>(group)->on_first(); }, this);
    bool fired = false;
  } group(now_);
  wheel_.schedule(*group.first, now_ + 50ms);
  wheel_.schedule(group.other->timer, now_ + 50ms);
  EXPECT_EQ(wheel_.advance(now_ + 1s), 1U);
  EXPECT_TRUE(group.fired);
}

TEST_F(TimingWheelTest, WhatACallbackAddsFiresInALaterCall) {
  struct Periodic {
    Periodic(TimingWheel& in, TimePoint& at) : wheel(in), now(at) {}
    void on_timer() {
      ++count;
      wheel.schedule(timer, now);
    }
    TimingWheel& wheel;
    TimePoint& now;
    int count = 0;
    Timer timer = Timer::calling<&Periodic::on_timer>(this);
  } periodic(wheel_, now_);
  wheel_.schedule(periodic.timer, now_ + 10ms);
  EXPECT_EQ(wheel_.advance(now_ + 10s), 1U);
  EXPECT_EQ(wheel_.advance(now_ + 10s), 0U);
  EXPECT_EQ(wheel_.advance(now_ + 10s + TimingWheel::kTick), 1U);
}

TEST_F(TimingWheelTest, DestroyedWheelCancels) {
  Recorder recorder(now_);
  {
    TimingWheel brief(kOrigin);
    brief.schedule(recorder.timer, now_ + 1s);
  }
  EXPECT_FALSE(recorder.timer.pending());
}

TEST_F(TimingWheelTest, NextDueIsNeverLate) {
  std::mt19937 random(7);
  std::vector<std::unique_ptr<Recorder>> recorders;
  TimePoint earliest = TimePoint::max();
  for (int i = 0; i < 1000; ++i) {
    recorders.push_back(std::make_unique<Recorder>(now_));
    const TimePoint due = now_ + std::chrono::milliseconds(random() % 10'000'000);
    earliest = std::min(earliest, due);
    wheel_.schedule(recorders.back()->timer, due);
    EXPECT_LE(wheel_.next_due(), earliest + TimingWheel::kTick);
  }
}

// Thousands of timers over random leaps of time, a third of them cancelled or moved, against their own due times.
TEST_F(TimingWheelTest, AgreesWithTheModelOverRandomOperations) {
  std::mt19937 random(42);
  struct Case {
    std::unique_ptr<Recorder> recorder;
    TimePoint due;
    bool expected = true;
  };
  std::vector<Case> cases;
  TimePoint before = now_;
  for (int round = 0; round < 3000; ++round) {
    for (int i = 0; i < 5; ++i) {
      const auto magnitude = static_cast<unsigned>(random() % 24);
      const TimePoint due = now_ + 1ms + std::chrono::milliseconds(random() % (1U << magnitude));
      cases.push_back({std::make_unique<Recorder>(now_), due});
      wheel_.schedule(cases.back().recorder->timer, due);
    }
    Case& changed = cases[random() % cases.size()];
    if (changed.recorder->fired.empty() && changed.expected) {
      if (random() % 2 == 0) {
        changed.recorder->timer.cancel();
        changed.expected = false;
      } else {
        changed.due = now_ + std::chrono::milliseconds(1 + random() % 100'000);
        wheel_.schedule(changed.recorder->timer, changed.due);
      }
    }
    before = now_;
    now_ += std::chrono::milliseconds(random() % (random() % 10 == 0 ? 100'000 : 30));
    wheel_.advance(now_);
    for (const Case& one : cases) {
      const bool must = one.expected && one.due + TimingWheel::kTick <= now_;
      if (must) {
        ASSERT_EQ(one.recorder->fired.size(), 1U);
      }
      if (!one.recorder->fired.empty()) {
        ASSERT_TRUE(one.expected);
        ASSERT_EQ(one.recorder->fired.size(), 1U);
        ASSERT_GE(one.recorder->fired[0], one.due);
      }
    }
    std::erase_if(cases, [&](const Case& one) { return !one.expected || !one.recorder->fired.empty(); });
  }
}

}  // namespace
}  // namespace carillon::shard
