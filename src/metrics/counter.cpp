// SPDX-License-Identifier: Apache-2.0
// Which thread has which slot, and where the cells of counters lie.
#include "metrics/counter.h"

#include <array>
#include <bitset>
#include <memory>
#include <mutex>
#include <vector>

namespace carillon::metrics::detail {
namespace {

// A slot outlives its thread: its cells keep what was counted, and the next thread goes on from there. The lock orders
// the last add of the one before the first add of the other.
class SlotTable {
 public:
  std::size_t take() {
    const std::scoped_lock lock(mutex_);
    for (std::size_t slot = 0; slot < kSharedSlot; ++slot) {
      if (!taken_[slot]) {
        taken_.set(slot);
        return slot;
      }
    }
    return kSharedSlot;
  }

  void give_back(std::size_t slot) {
    const std::scoped_lock lock(mutex_);
    taken_.reset(slot);
  }

 private:
  std::mutex mutex_;
  std::bitset<kSlots> taken_;
};

// Eight numbers: a line for each slot.
struct alignas(64) Page {
  std::array<std::atomic<std::uint64_t>, kSlots * kCellsPerLine> cells{};
};

class PageTable {
 public:
  std::atomic<std::uint64_t>* take() {
    const std::scoped_lock lock(mutex_);
    if (free_.empty()) {
      pages_.push_back(std::make_unique<Page>());
      for (std::size_t i = kCellsPerLine; i > 0; --i) free_.push_back(&pages_.back()->cells[i - 1]);
    }
    std::atomic<std::uint64_t>* first = free_.back();
    free_.pop_back();
    return first;
  }

  void give_back(std::atomic<std::uint64_t>* first) {
    for (std::size_t slot = 0; slot < kSlots; ++slot) first[slot * kCellsPerLine].store(0, std::memory_order_relaxed);
    const std::scoped_lock lock(mutex_);
    free_.push_back(first);
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Page>> pages_;
  std::vector<std::atomic<std::uint64_t>*> free_;
};

// Never destroyed: threads and static counters may end after them.
SlotTable& slot_table() {
  static auto* table = new SlotTable;
  return *table;
}

PageTable& page_table() {
  static auto* table = new PageTable;
  return *table;
}

struct SlotOfThread {
  ~SlotOfThread() {
    if (thread_slot < kSharedSlot) slot_table().give_back(thread_slot);
    thread_slot = kSharedSlot;  // for what is counted while the thread's other objects are destroyed
  }
};

}  // namespace

std::size_t assign_thread_slot() {
  thread_local const SlotOfThread until_the_thread_ends;
  thread_slot = slot_table().take();
  return thread_slot;
}

Cells::Cells() : first_(page_table().take()) {}

Cells::~Cells() { page_table().give_back(first_); }

std::uint64_t Cells::sum() const {
  std::uint64_t total = 0;
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    total += first_[slot * kCellsPerLine].load(std::memory_order_relaxed);
  }
  return total;
}

}  // namespace carillon::metrics::detail
