// SPDX-License-Identifier: Apache-2.0
// Simulation: clock, network, shards and workers of a server in a test, moved on by hand. Thirty seconds cost nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "shard/shards.h"
#include "shard/workers.h"
#include "testing/fake_clock.h"
#include "testing/fake_network.h"

namespace carillon::testing {

class Simulation {
 public:
  explicit Simulation(unsigned workers = 1, shard::ShardsOptions options = {}, std::uint64_t seed = 1);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  [[nodiscard]] FakeClock& clock() { return clock_; }
  [[nodiscard]] FakeNetwork& network() { return network_; }
  [[nodiscard]] shard::Shards& shards() { return shards_; }
  [[nodiscard]] shard::ManualWorker& worker() { return worker_; }

  // What else may have work to do (jobs without threads): returns whether it had. Called until it hasn't.
  void set_background(std::function<bool()> background) { background_ = std::move(background); }

  // Runs everything that is due, without moving the clock.
  void settle();
  // Moves the clock from one event to the next, running all that is due, until `by` has passed.
  void advance(base::Duration by);
  // As advance(), but stops as soon as `done()`; false when it never was.
  bool advance_until(const std::function<bool()>& done, base::Duration limit);

 private:
  class Loop;

  [[nodiscard]] base::TimePoint next_event() const;

  FakeClock clock_;
  FakeNetwork network_;
  shard::Shards shards_;
  std::vector<std::unique_ptr<Loop>> loops_;
  shard::ManualWorker worker_;
  std::function<bool()> background_;
};

}  // namespace carillon::testing
