// SPDX-License-Identifier: Apache-2.0
// Objects of one kind in slabs: stable addresses, reuse without the allocator, handles that notice when theirs is gone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "base/assert.h"

namespace carillon::shard {

struct PoolHandle {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;  // 0: no object

  explicit operator bool() const { return generation != 0; }
  friend bool operator==(const PoolHandle&, const PoolHandle&) = default;
};

// One thread at a time (a shard's own). `Slab` objects are allocated at once and never given back before the pool ends.
template <typename T, std::size_t Slab = 32>
class ObjectPool {
 public:
  ObjectPool() = default;
  ObjectPool(const ObjectPool&) = delete;
  ObjectPool& operator=(const ObjectPool&) = delete;
  ~ObjectPool() {
    for (std::uint32_t index = 0; index < slabs_.size() * Slab; ++index) {
      if (cell(index).live) object(cell(index)).~T();
    }
  }

  template <typename... Args>
  PoolHandle create(Args&&... args) {
    if (free_ == kNone) grow();
    const std::uint32_t index = free_;
    Cell& taken = cell(index);
    ::new (static_cast<void*>(taken.storage)) T(std::forward<Args>(args)...);
    free_ = taken.next_free;
    taken.live = true;
    ++size_;
    return {index, taken.generation};
  }

  // Null when the object was destroyed, also when its place is taken by another.
  [[nodiscard]] T* find(PoolHandle handle) {
    if (handle.index >= slabs_.size() * Slab) return nullptr;
    Cell& found = cell(handle.index);
    return found.live && found.generation == handle.generation ? &object(found) : nullptr;
  }

  // The object must be live.
  void destroy(PoolHandle handle) {
    CARILLON_ASSERT(find(handle) != nullptr);
    Cell& gone = cell(handle.index);
    gone.live = false;
    if (++gone.generation == 0) gone.generation = 1;
    object(gone).~T();
    gone.next_free = free_;
    free_ = handle.index;
    --size_;
  }

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static constexpr std::uint32_t kNone = ~0U;

  struct Cell {
    alignas(T) std::byte storage[sizeof(T)];
    std::uint32_t generation = 1;
    std::uint32_t next_free = kNone;
    bool live = false;
  };

  static T& object(Cell& cell) { return *std::launder(reinterpret_cast<T*>(cell.storage)); }
  Cell& cell(std::uint32_t index) { return (*slabs_[index / Slab])[index % Slab]; }

  void grow() {
    const auto first = static_cast<std::uint32_t>(slabs_.size() * Slab);
    slabs_.push_back(std::make_unique<std::array<Cell, Slab>>());
    for (std::uint32_t i = Slab; i-- > 0;) {
      cell(first + i).next_free = free_;
      free_ = first + i;
    }
  }

  std::vector<std::unique_ptr<std::array<Cell, Slab>>> slabs_;
  std::uint32_t free_ = kNone;
  std::size_t size_ = 0;
};

}  // namespace carillon::shard
