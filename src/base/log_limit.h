// SPDX-License-Identifier: Apache-2.0
// Log lines of one kind, at most so many a second: what goes wrong a thousand times a second fills no disk.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/log.h"
#include "base/per_second.h"
#include "base/time.h"

namespace carillon::log {

// One for each kind of line. Any thread.
class Limit {
 public:
  explicit Limit(std::uint32_t lines_per_second = 5) : lines_per_second_(lines_per_second) {}

  // Whether a line may be written now. One that may not is counted.
  [[nodiscard]] bool allow(base::TimePoint now) {
    if (lines_.allow(now, lines_per_second_)) return true;
    left_out_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  // How many were counted since this was answered last, when it is time to tell: once a second at most. 0: nothing is
  // to be told.
  [[nodiscard]] std::uint64_t take_left_out(base::TimePoint now) {
    if (!has_left_out() || !told_.allow(now, 1)) return 0;
    return left_out_.exchange(0, std::memory_order_relaxed);
  }
  [[nodiscard]] bool has_left_out() const { return left_out_.load(std::memory_order_relaxed) != 0; }

 private:
  const std::uint32_t lines_per_second_;
  base::PerSecond lines_;
  base::PerSecond told_;
  std::atomic<std::uint64_t> left_out_{0};
};

}  // namespace carillon::log
