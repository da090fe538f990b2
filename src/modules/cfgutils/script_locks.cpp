// SPDX-License-Identifier: Apache-2.0
// See script_locks.h.
#include "modules/cfgutils/script_locks.h"

#include <algorithm>
#include <vector>

#include "base/log.h"
#include "routing/proxy.h"

namespace carillon::cfgutils {

using module::Eventual;
using module::RouteContext;
using module::Verdict;

// Those of one run.
class ScriptLocks::Held final : public routing::RunData {
 public:
  void add(shard::Turn turn) { locks_.push_back({std::move(turn), 1}); }

  [[nodiscard]] bool has_again(std::string_view key) {
    const auto found = find(key);
    if (found == locks_.end()) return false;
    ++found->times;
    return true;
  }
  void release(std::string_view key) {
    const auto found = find(key);
    if (found != locks_.end() && --found->times == 0) locks_.erase(found);
  }

 private:
  struct Lock {
    shard::Turn turn;
    unsigned times;
  };
  [[nodiscard]] std::vector<Lock>::iterator find(std::string_view key) {
    return std::ranges::find_if(locks_, [key](const Lock& lock) { return lock.turn.name() == key; });
  }

  std::vector<Lock> locks_;
};

Eventual ScriptLocks::get(RouteContext& context, std::string_view key) {
  auto& held = context.of_run<Held>(this);
  if (held.has_again(key)) return module::kTrue;
  if (auto turn = turns_.try_take(key)) {
    held.add(std::move(*turn));
    return module::kTrue;
  }
  return wait(context, std::string(key));
}

base::Task<Verdict> ScriptLocks::wait(RouteContext& context, std::string key) {
  auto taking = turns_.take(context.proxy().shard(), key, longest_);
  auto turn = co_await taking;
  if (!turn) {
    log::error("cfgutils: the lock \"{}\" is not to be had: {}", key.substr(1), turn.error().message);
    co_return module::kFalse;
  }
  context.of_run<Held>(this).add(std::move(*turn));
  co_return module::kTrue;
}

void ScriptLocks::release(RouteContext& context, std::string_view key) {
  if (auto* const held = context.find_of_run<Held>(this)) held->release(key);
}

}  // namespace carillon::cfgutils
