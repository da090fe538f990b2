// SPDX-License-Identifier: Apache-2.0
// See command_dispatcher.h.
#include "engine/command_dispatcher.h"

#include "base/task.h"

namespace carillon::engine {

base::Result<> CommandDispatcher::dispatch(std::string request, Done done) {
  if (waiting_.fetch_add(1) >= kMaxWaiting) {
    waiting_.fetch_sub(1);
    return base::fail("too many commands are waiting", 503);
  }
  const auto id = static_cast<shard::ShardId>(next_.fetch_add(1) % shard::kShards);
  shards_.post(id, [this, text = std::move(request), answer = std::move(done)](shard::Shard& shard) mutable {
    shard.start(rpc_.handle(std::move(text)), [this, reply = std::move(answer)](std::string result) mutable {
      waiting_.fetch_sub(1);
      reply(std::move(result));
    });
  });
  return {};
}

}  // namespace carillon::engine
