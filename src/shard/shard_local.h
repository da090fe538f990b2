// SPDX-License-Identifier: Apache-2.0
// ShardLocal<T>: one T a shard, touched only from inside it, so without a lock.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "shard/shard.h"

namespace carillon::shard {

template <typename T>
class ShardLocal {
 public:
  ShardLocal() : cells_(kShards) {}
  // Each T is made by `make(ShardId)`.
  template <typename Make>
  explicit ShardLocal(Make&& make) {
    cells_.reserve(kShards);
    for (unsigned id = 0; id < kShards; ++id) cells_.emplace_back(make, static_cast<ShardId>(id));
  }

  // From inside `shard`, or while no worker runs.
  [[nodiscard]] T& operator[](const Shard& shard) { return cells_[shard.id()].value; }
  [[nodiscard]] const T& operator[](const Shard& shard) const { return cells_[shard.id()].value; }

 private:
  struct alignas(64) Cell {
    Cell() = default;
    template <typename Make>
    Cell(Make& make, ShardId id) : value(make(id)) {}
    T value;
  };
  std::vector<Cell> cells_;
};

}  // namespace carillon::shard
