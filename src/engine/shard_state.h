// SPDX-License-Identifier: Apache-2.0
// What the engine keeps in each shard: its transactions, its proxy core, and the contexts of the runs that go on.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "engine/engine.h"

namespace carillon::engine {

struct Engine::ShardState {
  ShardState(Engine& engine, shard::Shard& owner);

  // The response as the unnamed onreply_route has changed it, so that what looks at it next sees that.
  [[nodiscard]] transaction::StoredMessagePtr apply(const transaction::StoredMessage& response,
                                                    routing::Decision& decision);

  shard::Shard& shard;
  transaction::TransactionLayer transactions;
  routing::Proxy proxy;
  // Looked up at each message: a reload shows with the next one. The program is held through a control block of this
  // shard's own, so that taking a reference does not touch memory that other threads write.
  shard::Snapshot<script::Program>::Reader reader;
  std::shared_ptr<const script::Program> program;
  std::vector<std::unique_ptr<routing::RouteContext>> contexts;  // in use, each at its place()
  sip::Message scratch;
  std::string scratch_bytes;
};

// A timer_route: run in one shard, again and again.
struct Engine::TimerRoute {
  Engine& engine;
  shard::Shard& shard;
  std::string name;
  bool runs = false;  // its shard's: whether the timer is scheduled
  shard::Timer timer = shard::Timer::calling<&TimerRoute::fire>(this);

  void fire() { engine.on_timer_route(*this); }
};

}  // namespace carillon::engine
