// SPDX-License-Identifier: Apache-2.0
// Simulation: clock, network, shards and workers of a server in a test, moved on by hand.
#include "testing/simulation.h"

#include <algorithm>

namespace carillon::testing {

class Simulation::Loop final : public shard::Loop {
 public:
  explicit Loop(net::EventLoop& loop) : loop_(loop) {}
  void poll(base::Duration max_wait) override { loop_.run_once(max_wait); }
  void wake() override { loop_.wake(); }
  void flush() override { loop_.flush(); }

 private:
  net::EventLoop& loop_;
};

namespace {

template <typename Loop>
std::vector<shard::Loop*> pointers(FakeNetwork& network, std::vector<std::unique_ptr<Loop>>& loops) {
  std::vector<shard::Loop*> all;
  for (unsigned worker = 0; worker < network.loops(); ++worker) {
    loops.push_back(std::make_unique<Loop>(network.loop(worker)));
    all.push_back(loops.back().get());
  }
  return all;
}

}  // namespace

Simulation::Simulation(unsigned workers, shard::ShardsOptions options, std::uint64_t seed)
    : network_(clock_, workers, seed), shards_(clock_, options), worker_(shards_, pointers(network_, loops_)) {}

Simulation::~Simulation() = default;

void Simulation::settle() {
  while (worker_.run_round() || shards_.has_mail() || network_.next_event() <= clock_.now() ||
         (background_ && background_())) {
  }
}

base::TimePoint Simulation::next_event() const { return std::min(network_.next_event(), shards_.next_due()); }

void Simulation::advance(base::Duration by) {
  static_cast<void>(advance_until([] { return false; }, by));
}

bool Simulation::advance_until(const std::function<bool()>& done, base::Duration limit) {
  const base::TimePoint end = clock_.now() + limit;
  settle();
  while (!done()) {
    if (clock_.now() >= end) return false;
    clock_.advance_to(std::clamp(next_event(), clock_.now(), end));
    settle();
  }
  return true;
}

}  // namespace carillon::testing
