// SPDX-License-Identifier: Apache-2.0
// Distribution of a quantity (microseconds, bytes) over buckets that grow with the value: recording costs what a
// counter costs, the error of a quantile is at most an eighth.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "metrics/counter.h"

namespace carillon::metrics {

// Eight buckets for each power of two, up to 2^32; greater values count in the last bucket.
class HistogramBuckets {
 public:
  static constexpr std::size_t kCount = 8 + 29 * 8;

  [[nodiscard]] static constexpr std::size_t of(std::uint64_t value) {
    if (value < 8) return static_cast<std::size_t>(value);
    const auto power = static_cast<std::size_t>(std::bit_width(value)) - 4;  // value / 2^power is 8 to 15
    const std::size_t bucket = (power + 1) * 8 + static_cast<std::size_t>((value >> power) & 7);
    return bucket < kCount ? bucket : kCount - 1;
  }
  // The smallest value of the bucket.
  [[nodiscard]] static constexpr std::uint64_t lower_bound(std::size_t bucket) {
    if (bucket < 8) return bucket;
    return static_cast<std::uint64_t>(8 + bucket % 8) << (bucket / 8 - 1);
  }
};

class Histogram {
 public:
  struct Snapshot {
    std::array<std::uint64_t, HistogramBuckets::kCount> counts{};
    std::uint64_t count = 0;
    std::uint64_t sum = 0;

    // The value that a share `quantile` (0 to 1) of the recorded ones doesn't exceed: the upper end of its bucket.
    // 0 when nothing was recorded.
    [[nodiscard]] std::uint64_t quantile(double quantile) const;
  };

  Histogram() = default;
  ~Histogram();
  Histogram(const Histogram&) = delete;
  Histogram& operator=(const Histogram&) = delete;

  // Any thread. The first record of a thread allocates its 2 KiB.
  void record(std::uint64_t value);
  // Any thread; may miss what is recorded meanwhile.
  [[nodiscard]] Snapshot snapshot() const;

 private:
  struct alignas(64) Slot {
    std::array<std::atomic<std::uint64_t>, HistogramBuckets::kCount> counts{};
    std::atomic<std::uint64_t> sum{0};
  };

  Slot& allocate(std::size_t slot);

  std::array<std::atomic<Slot*>, detail::kSlots> slots_{};
};

}  // namespace carillon::metrics
