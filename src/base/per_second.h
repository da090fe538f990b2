// SPDX-License-Identifier: Apache-2.0
// So many of something a second, and no more.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/time.h"

namespace carillon::base {

// Any thread.
class PerSecond {
 public:
  // Whether there may be one more, with at most `most` of them in the second that `now` is in.
  [[nodiscard]] bool allow(TimePoint now, std::uint32_t most) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    const std::uint64_t second = static_cast<std::uint64_t>(seconds) << 32;
    std::uint64_t before = state_.load(std::memory_order_relaxed);
    while (true) {
      const std::uint64_t current = before >> 32 == second >> 32 ? before : second;
      if (static_cast<std::uint32_t>(current) >= most) return false;
      if (state_.compare_exchange_weak(before, current + 1, std::memory_order_relaxed)) return true;
    }
  }

 private:
  std::atomic<std::uint64_t> state_{0};  // the second in the upper half, how many in the lower one
};

}  // namespace carillon::base
