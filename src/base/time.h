// SPDX-License-Identifier: Apache-2.0
// Time as the server sees it: a steady clock for timers, Unix seconds for what is stored. Tests move a fake one.
#pragma once

#include <chrono>
#include <cstdint>

namespace carillon::base {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

// Any thread may ask. Implementations: SystemClock here, testing::FakeClock in tests.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() const = 0;
  // Microseconds since 1970-01-01 UTC; may step when the administrator sets the clock.
  [[nodiscard]] virtual std::int64_t unix_microseconds() const = 0;
  [[nodiscard]] std::int64_t unix_seconds() const { return unix_microseconds() / 1'000'000; }
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] std::int64_t unix_microseconds() const override {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

}  // namespace carillon::base
