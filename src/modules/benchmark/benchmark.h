// SPDX-License-Identifier: Apache-2.0
// benchmark: how long parts of a script take, by timers that it starts and stops.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "base/time.h"
#include "module/module.h"

namespace carillon::benchmark {

using module::RouteContext;
using module::Verdict;

// Microseconds that something took, again and again.
struct Durations {
  std::uint64_t count = 0;
  std::uint64_t sum = 0;
  std::uint64_t least = 0;
  std::uint64_t most = 0;

  void add(std::uint64_t duration) {
    least = count == 0 ? duration : std::min(least, duration);
    most = std::max(most, duration);
    sum += duration;
    ++count;
  }
  [[nodiscard]] double mean() const { return count == 0 ? 0.0 : static_cast<double>(sum) / static_cast<double>(count); }
  // "count/sum/least/most/mean"
  [[nodiscard]] std::string text() const;
};

class Benchmark final : public module::Module {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;

  // --- parameters
  int enable = 0;
  int granularity = 100;
  int loglevel = 3;
  int max_timers = 1000;

  // --- functions
  Verdict bm_start_timer(RouteContext& context, std::string_view name);
  Verdict bm_log_timer(RouteContext& context, std::string_view name);

  // --- variables
  script::Value read_difference(RouteContext& context, const script::VariableRef& ref);

  // --- commands
  using Answer = base::Task<base::Result<management::Json>>;
  Answer enable_global(management::Parameters parameters);
  Answer enable_timer(management::Parameters parameters);
  Answer set_granularity(management::Parameters parameters);
  Answer set_log_level(management::Parameters parameters);
  Answer poll_results(management::Parameters parameters);

 private:
  struct Timer {
    std::atomic<bool> enabled{false};
    std::mutex mutex;  // of the two below
    Durations recent;  // since they were logged or polled
    Durations all;
  };
  // When a run has started its timers, and what the last one measured.
  class Started;

  // Null when there are too many.
  [[nodiscard]] Timer* find_or_make(std::string_view name);
  [[nodiscard]] bool is_active(const Timer& timer) const;
  void report(std::string_view name, std::uint64_t duration, const Durations& recent, const Durations& all) const;

  std::atomic<int> enabled_{0};
  std::atomic<int> granularity_{0};
  std::atomic<int> log_level_{0};
  std::shared_mutex mutex_;  // of the map; timers stay where they are
  std::map<std::string, std::unique_ptr<Timer>, std::less<>> timers_;
};

}  // namespace carillon::benchmark
