// SPDX-License-Identifier: Apache-2.0
// Timers of one shard (or one partition of a table): a hierarchical wheel with a tick of 10 ms and intrusive timers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace carillon::shard {

namespace detail {

// A node of a circular list; alone it points to itself.
struct TimerLink {
  TimerLink* previous = this;
  TimerLink* next = this;

  TimerLink() = default;
  TimerLink(const TimerLink&) = delete;
  TimerLink& operator=(const TimerLink&) = delete;

  [[nodiscard]] bool alone() const { return next == this; }
  void unlink() {
    previous->next = next;
    next->previous = previous;
    previous = next = this;
  }
  void insert_before(TimerLink& position) {
    previous = position.previous;
    next = &position;
    previous->next = this;
    position.previous = this;
  }
};

}  // namespace detail

// A member of what it times. Doesn't allocate; 40 bytes. Touched only where its wheel may be: inside the shard, or
// with the partition's lock held. Destroying it cancels it.
class Timer : private detail::TimerLink {
 public:
  using Fire = void (*)(void* owner);

  Timer(Fire fire, void* owner) : fire_(fire), owner_(owner) {}
  ~Timer() { cancel(); }

  // Timer timer_g_ = Timer::calling<&ServerTransaction::on_timer_g>(this);
  template <auto Method, typename Owner>
  [[nodiscard]] static Timer calling(Owner* owner) {
    return Timer([](void* object) { (static_cast<Owner*>(object)->*Method)(); }, owner);
  }

  [[nodiscard]] bool pending() const { return !alone(); }
  void cancel() { unlink(); }

 private:
  friend class TimingWheel;

  std::uint64_t tick_ = 0;
  Fire fire_;
  void* owner_;
};

// Adding and cancelling are O(1). A timer fires never before its time and at most a tick after it, from milliseconds
// to twenty years. A fired timer may be added again, cancel others, or be destroyed, from within its callback.
class TimingWheel {
 public:
  static constexpr base::Duration kTick = std::chrono::milliseconds(10);

  explicit TimingWheel(base::TimePoint origin) : origin_(origin) {}
  TimingWheel(const TimingWheel&) = delete;
  TimingWheel& operator=(const TimingWheel&) = delete;
  // Timers still pending are cancelled without a call.
  ~TimingWheel();

  // Fires `timer` once at `at`; if it is pending, its time is moved. What is already due fires with the next tick.
  void schedule(Timer& timer, base::TimePoint at);

  // Fires all that is due at `now`, in order of ticks, and returns how many fired. What callbacks add fires in a
  // later call. Not from within a callback.
  std::size_t advance(base::TimePoint now);

  // No timer fires before this; TimePoint::max() when there is none. May be early, never late.
  [[nodiscard]] base::TimePoint next_due() const { return next_due_; }

 private:
  static constexpr unsigned kLevelBits = 6;
  static constexpr unsigned kSlots = 1U << kLevelBits;
  static constexpr unsigned kLevels = 6;
  static constexpr std::uint64_t kLastTick = (std::uint64_t{1} << (kLevelBits * kLevels)) - 1;

  struct Level {
    std::uint64_t occupied = 0;  // a bit a slot; set for each slot that holds a timer, perhaps for some that don't
    std::array<detail::TimerLink, kSlots> slots;
  };
  struct Event {
    std::uint64_t tick;
    unsigned level;
    unsigned slot;
  };

  // Returns the tick at which the timer's slot is opened.
  std::uint64_t insert(Timer& timer);
  // The next slot to be opened; level == kLevels when there is none.
  [[nodiscard]] Event next_event();
  std::size_t open(Level& level, unsigned slot);
  [[nodiscard]] base::TimePoint time_of(std::uint64_t tick) const;

  base::TimePoint origin_;
  std::uint64_t current_ = 0;  // the tick being handled, counted from origin_
  std::uint64_t floor_ = 0;    // the tick that advance() was called for: nothing is added at or before it
  base::TimePoint next_due_ = base::TimePoint::max();
  std::array<Level, kLevels> levels_;
};

}  // namespace carillon::shard
