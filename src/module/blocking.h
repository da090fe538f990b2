// SPDX-License-Identifier: Apache-2.0
// A command's work that blocks (files, connecting), done on a thread of the storage pool while the command waits.
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include "base/result.h"
#include "base/task.h"
#include "module/services.h"
#include "shard/shards.h"
#include "shard/suspension.h"
#include "storage/pool.h"

namespace carillon::module {

// `job()` returns a base::Result; it owns what it uses, or the module does. Inside a shard. An error when the pool
// takes no job.
template <std::invocable Job>
[[nodiscard]] base::Task<std::invoke_result_t<Job&>> run_blocking(shard::Shards& shards, storage::Pool& pool, Job job) {
  using Answer = std::invoke_result_t<Job&>;
  auto answer = shard::context.shard->suspend<Answer>();
  auto work = [&shards, handle = answer.handle(), job = std::move(job)]() mutable { shards.resume(handle, job()); };
  if (auto taken = pool.submit(std::move(work)); !taken) co_return std::unexpected(std::move(taken.error()));
  co_return co_await answer;
}
template <std::invocable Job>
[[nodiscard]] base::Task<std::invoke_result_t<Job&>> run_blocking(Services& services, Job job) {
  return run_blocking(services.shards, services.pool, std::move(job));
}

}  // namespace carillon::module
