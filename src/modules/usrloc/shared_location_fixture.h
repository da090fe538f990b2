// SPDX-License-Identifier: Apache-2.0
// What a location table shares with others, for tests of one alone. Only tests include it.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "modules/usrloc/location_table.h"

namespace carillon::usrloc {

struct OwnSharedLocation {
  explicit OwnSharedLocation(shard::Shards& on) : shards(on) {}

  shard::Shards& shards;
  std::shared_ptr<UserAgents> agents = std::make_shared<UserAgents>();
  std::atomic<std::uint64_t> next_id{1};
  std::atomic<std::uint64_t> bindings{0};
  metrics::Counter refused;
  std::int64_t refresh_before = 0;
  std::vector<LocationObserver*> observers;
  SharedLocation shared{.shards = shards,
                        .user_agents = agents,
                        .next_contact_id = next_id,
                        .bindings = bindings,
                        .max_bindings = std::numeric_limits<std::uint64_t>::max(),
                        .refused = refused,
                        .refresh_before = refresh_before,
                        .server = 1,
                        .observers = observers};
};

}  // namespace carillon::usrloc
