// SPDX-License-Identifier: Apache-2.0
// Locks that scripts name: a run that wants one that another run has is suspended until it is its turn.
#pragma once

#include <string>
#include <string_view>

#include "base/task.h"
#include "base/time.h"
#include "module/declare.h"
#include "shard/turns.h"

namespace carillon::cfgutils {

// Any shard. What a run has at its end is released then. A run that asks again for what it has gets it at once, and
// must release it as often.
class ScriptLocks {
 public:
  // `longest`: so long a run waits at most; two that wait for one another would wait for ever.
  ScriptLocks(shard::Shards& shards, base::Duration longest) : longest_(longest), turns_(shards, kMaxWaiting) {}

  // False when it wasn't got.
  [[nodiscard]] module::Eventual get(module::RouteContext& context, std::string_view key);
  // Does nothing when this run doesn't have it.
  void release(module::RouteContext& context, std::string_view key);

 private:
  static constexpr std::size_t kMaxWaiting = 10'000;  // for one lock
  class Held;

  [[nodiscard]] base::Task<module::Verdict> wait(module::RouteContext& context, std::string key);

  const base::Duration longest_;
  shard::Turns turns_;
};

}  // namespace carillon::cfgutils
