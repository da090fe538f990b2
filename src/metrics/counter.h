// SPDX-License-Identifier: Apache-2.0
// Counters that every packet touches: each thread adds to a cache line of its own, a reader sums the lines.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace carillon::metrics {

namespace detail {

// Threads hold slots 0 to kSharedSlot - 1 alone, so that adding needs no locked instruction; when more threads live at
// once than there are slots, the rest share the last one.
inline constexpr std::size_t kSlots = 64;
inline constexpr std::size_t kSharedSlot = kSlots - 1;
inline constexpr std::size_t kCellsPerLine = 8;
inline constexpr std::size_t kUnassigned = kSlots;

inline thread_local std::size_t thread_slot = kUnassigned;

// Gives the calling thread a slot until it ends.
std::size_t assign_thread_slot();

[[nodiscard]] inline std::size_t slot_of_this_thread() {
  const std::size_t slot = thread_slot;
  return slot != kUnassigned ? slot : assign_thread_slot();
}

// Adds in the calling thread's slot. `cell` is that slot's.
inline void add_to_cell(std::atomic<std::uint64_t>& cell, std::size_t slot, std::uint64_t amount) {
  if (slot != kSharedSlot) [[likely]] {
    cell.store(cell.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  } else {
    cell.fetch_add(amount, std::memory_order_relaxed);
  }
}

// One number, kept as one cell a thread. Eight of them, made one after the other, share each thread's line.
class Cells {
 public:
  Cells();
  ~Cells();
  Cells(const Cells&) = delete;
  Cells& operator=(const Cells&) = delete;

  void add(std::uint64_t amount) {
    const std::size_t slot = slot_of_this_thread();
    add_to_cell(first_[slot * kCellsPerLine], slot, amount);
  }
  // The sum since construction, modulo 2^64.
  [[nodiscard]] std::uint64_t sum() const;

 private:
  std::atomic<std::uint64_t>* first_;  // this number's cell in slot 0; the others follow at a line's distance
};

}  // namespace detail

// A number that only grows (until it is reset). All members may be called by any thread. A member of the object whose
// events it counts; metrics::Registry gives it its name.
class Counter {
 public:
  void add(std::uint64_t amount = 1) { cells_.add(amount); }
  // May miss what other threads add meanwhile.
  [[nodiscard]] std::uint64_t value() const {
    // Acquired first: whoever sees a reset sees at least what it saw, so that the difference can't wrap.
    const std::uint64_t base = base_.load(std::memory_order_acquire);
    return cells_.sum() - base;
  }
  void reset() { base_.store(cells_.sum(), std::memory_order_release); }

 private:
  detail::Cells cells_;
  std::atomic<std::uint64_t> base_{0};
};

// A number that rises and falls (transactions in flight, registered users). Any thread; what one thread adds another
// may subtract.
class Gauge {
 public:
  void add(std::int64_t amount = 1) { cells_.add(static_cast<std::uint64_t>(amount)); }
  void subtract(std::int64_t amount = 1) { add(-amount); }
  // Only for a gauge that no thread changes by add() at the same time.
  void set(std::int64_t value) {
    base_.store(cells_.sum() - static_cast<std::uint64_t>(value), std::memory_order_relaxed);
  }
  [[nodiscard]] std::int64_t value() const {
    return static_cast<std::int64_t>(cells_.sum() - base_.load(std::memory_order_relaxed));
  }

 private:
  detail::Cells cells_;
  std::atomic<std::uint64_t> base_{0};
};

}  // namespace carillon::metrics
