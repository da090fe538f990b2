// SPDX-License-Identifier: Apache-2.0
// FakeClock: time that moves only when a test says so.
#include "testing/fake_clock.h"

#include "base/assert.h"

namespace carillon::testing {

namespace {

constexpr base::TimePoint kStart{std::chrono::hours(1000)};

std::int64_t microseconds(base::TimePoint at) {
  return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

}  // namespace

FakeClock::FakeClock(std::int64_t unix_seconds)
    : now_(kStart), unix_offset_(unix_seconds * 1'000'000 - microseconds(kStart)) {}

base::TimePoint FakeClock::now() const { return now_.load(); }

std::int64_t FakeClock::unix_microseconds() const { return microseconds(now()) + unix_offset_.load(); }

void FakeClock::advance(base::Duration by) { advance_to(now() + by); }

void FakeClock::advance_to(base::TimePoint at) {
  CARILLON_ASSERT(at >= now());
  now_.store(at);
}

void FakeClock::set_unix_seconds(std::int64_t seconds) {
  unix_offset_.store(seconds * 1'000'000 - microseconds(now()));
}

}  // namespace carillon::testing
