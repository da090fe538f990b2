// SPDX-License-Identifier: Apache-2.0
// Histograms: a thread's buckets are allocated when it first records.
#include "metrics/histogram.h"

#include <cmath>

namespace carillon::metrics {

Histogram::~Histogram() {
  for (auto& slot : slots_) delete slot.load(std::memory_order_acquire);
}

void Histogram::record(std::uint64_t value) {
  const std::size_t number = detail::slot_of_this_thread();
  Slot* slot = slots_[number].load(std::memory_order_acquire);
  if (slot == nullptr) slot = &allocate(number);
  detail::add_to_cell(slot->counts[HistogramBuckets::of(value)], number, 1);
  detail::add_to_cell(slot->sum, number, value);
}

// Threads that share the last slot may race for it; the loser's allocation is dropped.
Histogram::Slot& Histogram::allocate(std::size_t slot) {
  auto* fresh = new Slot;
  Slot* present = nullptr;
  if (slots_[slot].compare_exchange_strong(present, fresh, std::memory_order_acq_rel)) return *fresh;
  delete fresh;
  return *present;
}

Histogram::Snapshot Histogram::snapshot() const {
  Snapshot result;
  for (const auto& pointer : slots_) {
    const Slot* slot = pointer.load(std::memory_order_acquire);
    if (slot == nullptr) continue;
    for (std::size_t i = 0; i < result.counts.size(); ++i) {
      const std::uint64_t count = slot->counts[i].load(std::memory_order_relaxed);
      result.counts[i] += count;
      result.count += count;
    }
    result.sum += slot->sum.load(std::memory_order_relaxed);
  }
  return result;
}

std::uint64_t Histogram::Snapshot::quantile(double quantile) const {
  if (count == 0) return 0;
  const auto wanted = static_cast<std::uint64_t>(std::ceil(quantile * static_cast<double>(count)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < counts.size(); ++bucket) {
    seen += counts[bucket];
    if (seen >= wanted && counts[bucket] > 0) {
      return HistogramBuckets::lower_bound(bucket + 1) - 1;
    }
  }
  return HistogramBuckets::lower_bound(counts.size()) - 1;
}

}  // namespace carillon::metrics
