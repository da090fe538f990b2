// SPDX-License-Identifier: Apache-2.0
// Runs management commands where calls live: in a shard, so that they may use what modules keep there.
#pragma once

#include <atomic>
#include <string>

#include "management/json_rpc.h"
#include "shard/shards.h"

namespace carillon::engine {

// Any thread. Shards take turns; a command that waits holds nobody up.
class CommandDispatcher final : public management::Dispatcher {
 public:
  static constexpr unsigned kMaxWaiting = 1000;

  CommandDispatcher(shard::Shards& shards, const management::CommandRegistry& commands)
      : shards_(shards), rpc_(commands) {}

  [[nodiscard]] base::Result<> dispatch(std::string request, Done done) override;

 private:
  shard::Shards& shards_;
  management::JsonRpc rpc_;
  std::atomic<unsigned> waiting_{0};
  std::atomic<unsigned> next_{0};
};

}  // namespace carillon::engine
