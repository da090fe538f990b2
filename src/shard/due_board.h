// SPDX-License-Identifier: Apache-2.0
// When each of many wheels wants to be turned next, readable by any worker: idle wheels cost nothing.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/time.h"

namespace carillon::shard {

// Each slot has one writer at a time (whoever holds the wheel); anybody may read.
template <std::size_t N>
class DueBoard {
 public:
  DueBoard() {
    for (auto& slot : slots_) slot.store(kNever, std::memory_order_relaxed);
  }

  [[nodiscard]] base::TimePoint due(std::size_t slot) const { return time(slots_[slot].load()); }

  void set(std::size_t slot, base::TimePoint due) {
    const std::int64_t value = due.time_since_epoch().count();
    if (slots_[slot].load(std::memory_order_relaxed) == value) return;
    slots_[slot].store(value);
    lower(earliest_, value);
  }

  // As set(), but only if `due` is earlier; for slots with several writers.
  bool lower(std::size_t slot, base::TimePoint due) {
    const std::int64_t value = due.time_since_epoch().count();
    if (!lower(slots_[slot], value)) return false;
    lower(earliest_, value);
    return true;
  }

  // At most the earliest of all slots: never late, early until the next refresh().
  [[nodiscard]] base::TimePoint earliest() const { return time(earliest_.load()); }

  // Finds the earliest again after slots have been set later.
  base::TimePoint refresh() {
    earliest_.store(kNever);
    for (const auto& slot : slots_) lower(earliest_, slot.load());
    return earliest();
  }

 private:
  static constexpr std::int64_t kNever = base::TimePoint::max().time_since_epoch().count();

  static base::TimePoint time(std::int64_t value) { return base::TimePoint(base::Duration(value)); }
  static bool lower(std::atomic<std::int64_t>& to, std::int64_t value) {
    std::int64_t seen = to.load();
    while (value < seen) {
      if (to.compare_exchange_weak(seen, value)) return true;
    }
    return false;
  }

  alignas(64) std::atomic<std::int64_t> earliest_{kNever};
  alignas(64) std::array<std::atomic<std::int64_t>, N> slots_;
};

}  // namespace carillon::shard
