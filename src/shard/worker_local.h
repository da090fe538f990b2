// SPDX-License-Identifier: Apache-2.0
// Scratch memory that stays with a worker: what the last message used is still in its processor's caches when the next
// one comes, whichever shard that belongs to.
#pragma once

#include <array>
#include <cstddef>

#include "shard/context.h"

namespace carillon::shard {

// One T for each worker, touched by that worker only. Nothing that a call has may be kept here: only what is as good as
// new.
template <typename T>
class WorkerLocal {
 public:
  // Of the calling worker; null on other threads, and for workers beyond the two hundred and fifty-sixth.
  [[nodiscard]] T* mine() { return context.worker < kMost ? &slots_[context.worker].value : nullptr; }

 private:
  static constexpr std::size_t kMost = 256;

  struct alignas(64) Slot {
    T value;
  };

  std::array<Slot, kMost> slots_{};
};

}  // namespace carillon::shard
