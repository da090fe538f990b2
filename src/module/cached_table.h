// SPDX-License-Identifier: Apache-2.0
// What a module keeps of a database table in memory: read whole at start and at each reload, swapped at once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "base/result.h"
#include "base/task.h"
#include "module/database_user.h"
#include "shard/context.h"
#include "shard/shard_local.h"
#include "shard/snapshot.h"

namespace carillon::module {

// A reload that fails leaves everything as it was. A member of the module object.
template <typename T>
class CachedTable {
 public:
  using Content = std::shared_ptr<const T>;
  // Reads all of it; runs where it may block. What it refers to outlives the database.
  using Load = std::function<base::Result<Content>(storage::Database&)>;

  explicit CachedTable(Content first = std::make_shared<const T>()) : snapshot_(std::move(first)) {}

  // Blocks; at start.
  [[nodiscard]] base::Result<> load(const DatabaseUser& from, const Load& load) {
    return replace(load(from.database()));
  }
  // Inside a shard. Reloads happen one after the other, on a thread of the database.
  [[nodiscard]] base::Task<base::Result<>> reload(const DatabaseUser& from, shard::Shard& shard, Load load) {
    const auto lane = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(this));
    co_return co_await from.run(
        shard, lane, [this, load = std::move(load)](storage::Database& database) { return replace(load(database)); });
  }

  // Inside a shard: valid until the run waits.
  [[nodiscard]] const T& read(const shard::Shard& shard) const { return *readers_[shard].read(snapshot_); }
  // Any thread; to be held as long as needed.
  [[nodiscard]] Content share() const {
    if (shard::context.shard != nullptr) return readers_[*shard::context.shard].read(snapshot_);
    return snapshot_.load();
  }

 private:
  [[nodiscard]] base::Result<> replace(base::Result<Content> content) {
    if (!content) return std::unexpected(std::move(content.error()));
    snapshot_.store(std::move(*content));
    return {};
  }

  shard::Snapshot<T> snapshot_;
  mutable shard::ShardLocal<typename shard::Snapshot<T>::Reader> readers_;
};

}  // namespace carillon::module
