// SPDX-License-Identifier: Apache-2.0
// The generator's loop: due starts, due timers, what arrived, one flush; then it waits for the next of them.
#include "loadgen/trial.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

namespace carillon::bench {

namespace {

using base::Duration;
using base::TimePoint;

constexpr Duration kLate = std::chrono::milliseconds{10};
// A generator that fell behind must still read answers between its starts.
constexpr int kStartsAtOnce = 64;

TimePoint now() { return std::chrono::steady_clock::now(); }

// Poisson arrivals with a fixed seed: every server under test sees the same ones.
class Arrivals {
 public:
  Arrivals(TimePoint begin, double rate) : next_(begin), rate_(rate) {}
  [[nodiscard]] TimePoint next() const { return next_; }
  void advance() { next_ += std::chrono::nanoseconds{std::llround(gap_(random_) / rate_ * 1e9)}; }

 private:
  TimePoint next_;
  double rate_;
  std::mt19937_64 random_{1};
  std::exponential_distribution<double> gap_{1.0};
};

// Handles what has arrived; false when there was nothing.
bool receive(Load& load) {
  Sockets& sockets = load.sockets();
  const auto answers = sockets.uac.receive();
  if (!answers.empty()) {
    const TimePoint arrived = now();
    for (const std::string_view datagram : answers) load.on_uac_datagram(datagram, arrived);
  }
  const auto requests = sockets.uas.receive();
  if (!requests.empty()) {
    const TimePoint arrived = now();
    for (const std::string_view datagram : requests) load.on_uas_datagram(datagram, arrived);
  }
  return !answers.empty() || !requests.empty();
}

void flush(Sockets& sockets) {
  sockets.uac.flush();
  sockets.uas.flush();
}

void wait_until(Sockets& sockets, TimePoint due) {
  const auto left = std::clamp<Duration>(due - now(), Duration{0}, std::chrono::milliseconds{100});
  const timespec timeout{0, left.count()};
  std::array<pollfd, 2> descriptors{pollfd{sockets.uac.descriptor(), POLLIN, 0},
                                    pollfd{sockets.uas.descriptor(), POLLIN, 0}};
  ppoll(descriptors.data(), descriptors.size(), &timeout, nullptr);
}

// Adds up the time between turns of the loop that had work.
class BusyTime {
 public:
  void turn(TimePoint at, bool last_turn_had_work) {
    if (last_turn_had_work) busy_ += at - last_;
    last_ = at;
  }
  void begin(TimePoint at) {
    busy_ = {};
    begin_ = last_ = at;
  }
  [[nodiscard]] double share(TimePoint at) const {
    return at > begin_ ? static_cast<double>(busy_.count()) / static_cast<double>((at - begin_).count()) : 0;
  }

 private:
  Duration busy_{};
  TimePoint begin_{};
  TimePoint last_{};
};

class Trial {
 public:
  Trial(Load& load, const TrialPlan& plan) : load_(load), plan_(plan), arrivals_(now(), plan.rate) {
    measure_begin_ = arrivals_.next() + plan.warmup;
    measure_end_ = measure_begin_ + plan.measure;
  }

  TrialResult run() {
    const std::uint64_t drops_before = drops();
    bool worked = false;
    while (true) {
      const TimePoint at = now();
      busy_.turn(at, worked);
      mark(at);
      if (ended_ && load_.pending() == 0) break;
      worked = start_due(at);
      load_.run_timers(at);
      flush(load_.sockets());
      if (receive(load_)) worked = true;
      flush(load_.sockets());
      if (!worked && !plan_.spin) wait_until(load_.sockets(), next_due());
    }
    result_.receive_drops = drops() - drops_before;
    return result_;
  }

 private:
  [[nodiscard]] std::uint64_t drops() const { return load_.sockets().uac.dropped() + load_.sockets().uas.dropped(); }

  [[nodiscard]] TimePoint next_due() const {
    const TimePoint mark = begun_ ? measure_end_ : measure_begin_;
    const TimePoint start = ended_ ? TimePoint::max() : std::min(arrivals_.next(), mark);
    return std::min(start, load_.next_timer());
  }

  // Passes the marks of the measured window.
  void mark(TimePoint at) {
    if (!begun_ && at >= measure_begin_) {
      begun_ = true;
      plan_.on_measure_begin();
      completed_before_ = load_.statistics().completed;
      busy_.begin(now());
    }
    if (!ended_ && at >= measure_end_) {
      ended_ = true;
      result_.busy = busy_.share(at);
      result_.completed = load_.statistics().completed - completed_before_;
      plan_.on_measure_end();
    }
  }

  bool start_due(TimePoint at) {
    int started = 0;
    while (!ended_ && arrivals_.next() <= at && started < kStartsAtOnce) {
      if (begun_) {
        ++result_.starts;
        if (at - arrivals_.next() > kLate) ++result_.late_starts;
      }
      load_.start(at, begun_);
      arrivals_.advance();
      ++started;
    }
    return started > 0;
  }

  Load& load_;
  const TrialPlan& plan_;
  Arrivals arrivals_;
  TimePoint measure_begin_;
  TimePoint measure_end_;
  bool begun_ = false;
  bool ended_ = false;
  std::uint64_t completed_before_ = 0;
  BusyTime busy_;
  TrialResult result_;
};

}  // namespace

TrialResult run_trial(Load& load, const TrialPlan& plan) { return Trial(load, plan).run(); }

void run_closed_loop(Load& load, std::size_t count, std::size_t window) {
  std::size_t started = 0;
  while (started < count || load.pending() > 0) {
    const TimePoint at = now();
    for (; started < count && load.pending() < window; ++started) load.start(at, true);
    load.run_timers(at);
    flush(load.sockets());
    if (!receive(load)) wait_until(load.sockets(), load.next_timer());
    flush(load.sockets());
  }
}

void drain(Load& load) {
  const TimePoint end = now() + std::chrono::seconds{40};
  TimePoint silent_until = now() + std::chrono::seconds{1};
  while (now() < std::min(end, silent_until)) {
    if (receive(load)) {
      silent_until = now() + std::chrono::seconds{1};
    } else {
      wait_until(load.sockets(), silent_until);
    }
    flush(load.sockets());
  }
}

}  // namespace carillon::bench
