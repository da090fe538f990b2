// SPDX-License-Identifier: Apache-2.0
// Statistics over the last minutes: a ring of slots, of which the oldest is forgotten as time goes on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace carillon::statistics {

// "avg_10m: algorithm=average window=600 slots=10"
struct SeriesProfile {
  enum class Algorithm : std::uint8_t {
    Accumulate,  // the sum of the values
    Average,     // their mean
    Percentage   // the share that the positive ones have in all
  };

  std::string name;
  Algorithm algorithm = Algorithm::Accumulate;
  std::string group;         // of its statistics; the profile's name unless it is told
  std::int64_t window = 60;  // seconds
  std::int64_t slots = 0;    // of the window; 0 until it is known that nobody told
  std::int64_t percentage_factor = 100;

  [[nodiscard]] static base::Result<SeriesProfile> parse(std::string_view text);
};

// Any thread.
class Series {
 public:
  explicit Series(const SeriesProfile& profile);
  void add(std::int64_t value, base::TimePoint now);
  // 0 when there is nothing in the window.
  [[nodiscard]] std::int64_t value(base::TimePoint now) const;

 private:
  // Of a slot, and of all of them together.
  struct Sums {
    std::int64_t sum = 0;
    std::int64_t positive = 0;  // Percentage
    std::int64_t count = 0;     // values; with Percentage the sum of their magnitudes
    void add(const Sums& other);
    void subtract(const Sums& other);
  };

  // Forgets the slots that have left the window.
  void advance(base::TimePoint now) const;

  const SeriesProfile::Algorithm algorithm_;
  const std::int64_t factor_;
  const base::Duration slot_length_;
  mutable std::mutex mutex_;
  mutable std::vector<Sums> slots_;
  mutable Sums all_;
  mutable std::int64_t newest_ = 0;  // number of the newest slot since the clock began
};

}  // namespace carillon::statistics
