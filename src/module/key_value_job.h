// SPDX-License-Identifier: Apache-2.0
// A run's use of a store of keys and values: at once where that is possible, otherwise suspended meanwhile.
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "shard/shards.h"
#include "shard/suspension.h"
#include "storage/driver.h"
#include "storage/key_value.h"
#include "storage/pool.h"

namespace carillon::module {

// Inside `shard`. `job(storage::KeyValueStore&)` returns a base::Result and owns what it uses; it runs here or on a
// thread of the store, which outlives the runs. Fault::Busy when too many jobs wait, or this one has waited too long.
template <std::invocable<storage::KeyValueStore&> Job>
base::Task<std::invoke_result_t<Job&, storage::KeyValueStore&>> run_on(storage::KeyValueStore& store,
                                                                       shard::Shards& shards, shard::Shard& shard,
                                                                       Job job) {
  using Answer = std::invoke_result_t<Job&, storage::KeyValueStore&>;
  storage::Pool* pool = store.pool();
  if (pool == nullptr) co_return job(store);
  auto answer = shard.template suspend<Answer>();
  const base::TimePoint latest = shards.clock().now() + store.longest_wait();
  auto taken = pool->submit([&store, &shards, handle = answer.handle(), latest, job = std::move(job)]() mutable {
    if (shards.clock().now() > latest) {
      shards.resume(
          handle, Answer(base::fail("it is too slow for what is asked of it", static_cast<int>(storage::Fault::Busy))));
    } else {
      shards.resume(handle, job(store));
    }
  });
  if (!taken) co_return base::fail(taken.error().message, static_cast<int>(storage::Fault::Busy));
  co_return co_await answer;
}

}  // namespace carillon::module
