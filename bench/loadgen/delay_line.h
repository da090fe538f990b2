// SPDX-License-Identifier: Apache-2.0
// Timers of one constant delay: what is started first is due first, so a queue is all it takes. Nothing is ever
// cancelled; whoever takes an entry asks whether it still means anything.
#pragma once

#include <deque>
#include <optional>

#include "base/time.h"

namespace carillon::bench {

template <typename T>
class DelayLine {
 public:
  explicit DelayLine(base::Duration delay) : delay_(delay) {}

  void start(base::TimePoint now, const T& item) { entries_.push_back({now + delay_, item}); }

  // The next item that is due, if any.
  [[nodiscard]] std::optional<T> take(base::TimePoint now) {
    if (entries_.empty() || entries_.front().due > now) return std::nullopt;
    const T item = entries_.front().item;
    entries_.pop_front();
    return item;
  }

  // TimePoint::max() when nothing is waiting.
  [[nodiscard]] base::TimePoint next_due() const {
    return entries_.empty() ? base::TimePoint::max() : entries_.front().due;
  }

 private:
  struct Entry {
    base::TimePoint due;
    T item;
  };

  base::Duration delay_;
  std::deque<Entry> entries_;
};

}  // namespace carillon::bench
