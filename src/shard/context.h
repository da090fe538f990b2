// SPDX-License-Identifier: Apache-2.0
// Where the running thread is: on which worker, inside which shard, with a partition's lock held or not.
#pragma once

namespace carillon::shard {

class Shard;

struct Context {
  static constexpr unsigned kNoWorker = ~0U;

  unsigned worker = kNoWorker;
  Shard* shard = nullptr;  // the shard this thread is inside of
  unsigned locks = 0;      // partition locks held
};

inline thread_local Context context;

// Makes this thread worker number `worker` while it lives. Workers and ManualWorker do; nobody else needs to.
class WorkerScope {
 public:
  explicit WorkerScope(unsigned worker) : before_(context.worker) { context.worker = worker; }
  ~WorkerScope() { context.worker = before_; }
  WorkerScope(const WorkerScope&) = delete;
  WorkerScope& operator=(const WorkerScope&) = delete;

 private:
  unsigned before_;
};

}  // namespace carillon::shard
