// SPDX-License-Identifier: Apache-2.0
// FakeClock: time that moves only when a test says so.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/time.h"

namespace carillon::testing {

// Any thread may ask; the test moves it.
class FakeClock final : public base::Clock {
 public:
  // Starts at an arbitrary steady time, and at `unix_seconds` (2026-01-01 00:00:00 UTC unless told).
  explicit FakeClock(std::int64_t unix_seconds = 1'767'225'600);

  [[nodiscard]] base::TimePoint now() const override;
  [[nodiscard]] std::int64_t unix_microseconds() const override;

  void advance(base::Duration by);
  // Moves to `at`, never back.
  void advance_to(base::TimePoint at);
  // The administrator sets the clock: Unix time jumps, steady time doesn't.
  void set_unix_seconds(std::int64_t seconds);

 private:
  std::atomic<base::TimePoint> now_;
  std::atomic<std::int64_t> unix_offset_;  // microseconds from steady to Unix time
};

}  // namespace carillon::testing
