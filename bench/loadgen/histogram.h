// SPDX-License-Identifier: Apache-2.0
// Latencies in buckets of constant relative width, in the manner of HdrHistogram: 64 buckets an octave, so that a
// percentile is read within 1.6 %, whatever its size.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace carillon::bench {

class Histogram {
 public:
  void record(std::chrono::nanoseconds latency) {
    ++buckets_[bucket_of(static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count(), 0)))];
    ++count_;
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }

  // The latency that `fraction` (0 to 1) of the recorded ones don't exceed; zero when there are none.
  [[nodiscard]] std::chrono::nanoseconds percentile(double fraction) const {
    const auto rank = static_cast<std::uint64_t>(fraction * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
      seen += buckets_[bucket];
      if (seen > rank || (seen == count_ && seen > 0)) {
        return std::chrono::nanoseconds{static_cast<std::int64_t>(upper_bound_of(bucket))};
      }
    }
    return std::chrono::nanoseconds{0};
  }

 private:
  static constexpr unsigned kBits = 6;
  static constexpr std::size_t kWidth = std::size_t{1} << kBits;

  // Values below kWidth have a bucket each; above, the kBits bits below the leading one choose within the octave.
  [[nodiscard]] static constexpr std::size_t bucket_of(std::uint64_t value) {
    if (value < kWidth) return static_cast<std::size_t>(value);
    const auto octave = static_cast<unsigned>(std::bit_width(value)) - 1 - kBits;
    return (octave + 1) * kWidth + static_cast<std::size_t>((value >> octave) & (kWidth - 1));
  }

  [[nodiscard]] static constexpr std::uint64_t upper_bound_of(std::size_t bucket) {
    if (bucket < kWidth) return bucket;
    const std::size_t octave = bucket / kWidth - 1;
    return ((kWidth + bucket % kWidth + 1) << octave) - 1;
  }

  std::array<std::uint64_t, (64 - kBits + 1) * kWidth> buckets_{};
  std::uint64_t count_ = 0;
};

}  // namespace carillon::bench
