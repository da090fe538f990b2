// SPDX-License-Identifier: Apache-2.0
// One trial: offers a load at a rate for a time and waits for what is still open. One thread, one loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "base/time.h"
#include "loadgen/load.h"

namespace carillon::bench {

struct TrialPlan {
  double rate = 0;  // starts a second, at exponentially distributed distances, whatever the server answers
  base::Duration warmup{};
  base::Duration measure{};
  bool spin = true;  // poll without sleeping, so that the server never pays for waking this process
  // Called where the measured window begins and ends, on the way of the loop; open work is awaited only afterwards.
  std::function<void()> on_measure_begin = [] {};
  std::function<void()> on_measure_end = [] {};
};

struct TrialResult {
  double busy = 0;                // share of the time in which this process had work
  std::uint64_t late_starts = 0;  // began more than 10 ms behind the schedule
  std::uint64_t starts = 0;       // between the two marks, as all the others
  std::uint64_t completed = 0;    // ended between the two marks
  std::uint64_t receive_drops = 0;

  // The generator, not the server, was the limit (or something took its core away).
  [[nodiscard]] bool saturated() const { return busy > 0.95 || late_starts * 100 > starts || receive_drops > 0; }
};

[[nodiscard]] TrialResult run_trial(Load& load, const TrialPlan& plan);

// Starts `count` pieces of work as fast as they are answered, at most `window` at a time.
void run_closed_loop(Load& load, std::size_t count, std::size_t window);

// Answers what an overloaded server still has to say about work we gave up, until it has been silent for a second (or
// for 40 seconds at most: more than any timer of RFC 3261 goes on).
void drain(Load& load);

}  // namespace carillon::bench
