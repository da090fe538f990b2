// SPDX-License-Identifier: Apache-2.0
// Counting from many threads.
#include "metrics/counter.h"

#include <gtest/gtest.h>

#include <latch>
#include <thread>
#include <vector>

#include "metrics/histogram.h"

namespace carillon::metrics {
namespace {

// More threads than slots, all alive at once: some share the last one and still lose nothing.
TEST(Counter, LosesNothingWithMoreThreadsThanSlots) {
  constexpr std::size_t kThreads = detail::kSlots + 20;
  constexpr std::uint64_t kAdds = 2000;
  Counter counter;
  Histogram histogram;
  std::latch all_started(kThreads);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        counter.add();  // takes a slot, which is kept until every thread has one
        all_started.arrive_and_wait();
        for (std::uint64_t j = 1; j < kAdds; ++j) counter.add();
        histogram.record(7);
      });
    }
  }
  EXPECT_EQ(counter.value(), kThreads * kAdds);
  EXPECT_EQ(histogram.snapshot().counts[7], kThreads);
}

TEST(Counter, KeepsWhatEndedThreadsCounted) {
  Counter counter;
  for (int i = 0; i < 200; ++i) std::jthread([&] { counter.add(2); }).join();
  EXPECT_EQ(counter.value(), 400U);
}

TEST(Gauge, RisesAndFallsAcrossThreads) {
  Gauge gauge;
  gauge.add(10);
  std::jthread([&] { gauge.subtract(4); }).join();
  EXPECT_EQ(gauge.value(), 6);
  gauge.set(100);
  gauge.subtract();
  EXPECT_EQ(gauge.value(), 99);
}

}  // namespace
}  // namespace carillon::metrics
