// SPDX-License-Identifier: Apache-2.0
// The hierarchical timing wheel: six levels of 64 slots; a timer lies on the level of the highest group of six bits in
// which its tick differs from the current one, so every level's slots are later than those of the levels below.
#include "shard/timing_wheel.h"

#include <algorithm>
#include <bit>

namespace carillon::shard {

TimingWheel::~TimingWheel() {
  for (Level& level : levels_) {
    for (detail::TimerLink& slot : level.slots) {
      while (!slot.alone()) slot.next->unlink();
    }
  }
}

void TimingWheel::schedule(Timer& timer, base::TimePoint at) {
  timer.unlink();
  const base::Duration delay = at > origin_ ? at - origin_ : base::Duration::zero();
  const auto ticks = static_cast<std::uint64_t>(delay / kTick + (delay % kTick != base::Duration::zero() ? 1 : 0));
  timer.tick_ = std::clamp(ticks, floor_ + 1, kLastTick);
  next_due_ = std::min(next_due_, time_of(insert(timer)));
}

std::size_t TimingWheel::advance(base::TimePoint now) {
  if (now < next_due_) return 0;
  const std::uint64_t target = static_cast<std::uint64_t>((now - origin_) / kTick);
  floor_ = target;
  std::size_t fired = 0;
  Event event = next_event();
  while (event.level < kLevels && event.tick <= target) {
    current_ = event.tick;
    fired += open(levels_[event.level], event.slot);
    event = next_event();
  }
  current_ = target;
  next_due_ = event.level < kLevels ? time_of(event.tick) : base::TimePoint::max();
  return fired;
}

std::uint64_t TimingWheel::insert(Timer& timer) {
  const std::uint64_t difference = timer.tick_ ^ current_;
  const unsigned level = (static_cast<unsigned>(std::bit_width(difference)) - 1) / kLevelBits;
  const unsigned shift = level * kLevelBits;
  const unsigned slot = static_cast<unsigned>(timer.tick_ >> shift) % kSlots;
  timer.insert_before(levels_[level].slots[slot]);
  levels_[level].occupied |= std::uint64_t{1} << slot;
  return timer.tick_ >> shift << shift;
}

TimingWheel::Event TimingWheel::next_event() {
  for (unsigned level = 0; level < kLevels; ++level) {
    Level& candidates = levels_[level];
    while (candidates.occupied != 0) {
      const auto slot = static_cast<unsigned>(std::countr_zero(candidates.occupied));
      if (!candidates.slots[slot].alone()) {
        const unsigned shift = level * kLevelBits;
        const std::uint64_t block = current_ >> (shift + kLevelBits) << (shift + kLevelBits);
        return {.tick = block | (std::uint64_t{slot} << shift), .level = level, .slot = slot};
      }
      candidates.occupied &= candidates.occupied - 1;  // all of its timers were cancelled
    }
  }
  return {.tick = 0, .level = kLevels, .slot = 0};
}

// Fires the slot's timers whose tick has come; on the higher levels, spreads the others over the levels below.
std::size_t TimingWheel::open(Level& level, unsigned slot) {
  detail::TimerLink opened;
  opened.insert_before(level.slots[slot]);
  level.slots[slot].unlink();
  level.occupied &= ~(std::uint64_t{1} << slot);

  std::size_t fired = 0;
  while (!opened.alone()) {
    Timer& timer = static_cast<Timer&>(*opened.next);
    timer.unlink();
    if (timer.tick_ > current_) {
      insert(timer);
      continue;
    }
    ++fired;
    timer.fire_(timer.owner_);
  }
  return fired;
}

base::TimePoint TimingWheel::time_of(std::uint64_t tick) const {
  return origin_ + kTick * static_cast<base::Duration::rep>(tick);
}

}  // namespace carillon::shard
