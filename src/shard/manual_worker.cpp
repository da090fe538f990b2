// SPDX-License-Identifier: Apache-2.0
// ManualWorker: the rounds of Workers on a test's thread.
#include "shard/workers.h"

#include <algorithm>
namespace carillon::shard {

ManualWorker::ManualWorker(Shards& shards, std::vector<Loop*> loops) : shards_(shards), loops_(std::move(loops)) {}

bool ManualWorker::run_round() {
  bool any = false;
  const auto turns = std::max(std::size_t{1}, loops_.size());
  for (unsigned number = 0; number < turns; ++number) {
    const WorkerScope scope(number);
    if (!loops_.empty()) loops_[number]->poll(base::Duration::zero());
    any |= shards_.run_mail();
    any |= shards_.run_timers(shards_.clock().now());
    if (!loops_.empty()) loops_[number]->flush();
  }
  return any;
}

void ManualWorker::run_until_idle() {
  while (run_round() || shards_.has_mail()) {
  }
}

void ManualWorker::as_worker(const std::function<void()>& f, unsigned worker) {
  const WorkerScope scope(worker);
  f();
}

}  // namespace carillon::shard
