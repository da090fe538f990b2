// SPDX-License-Identifier: Apache-2.0
// The shard's table of waiting coroutines: completions find theirs by slot and generation, or nothing.
#include "shard/shard.h"

namespace carillon::shard {

detail::SuspensionKey Shard::add_suspension(detail::SuspensionBase& suspension) {
  if (free_waiting_.empty()) {
    free_waiting_.push_back(static_cast<std::uint32_t>(waiting_.size()));
    waiting_.emplace_back();
  }
  const std::uint32_t slot = free_waiting_.back();
  free_waiting_.pop_back();
  waiting_[slot].suspension = &suspension;
  return {slot, waiting_[slot].generation};
}

void Shard::remove_suspension(detail::SuspensionKey key) {
  if (find_suspension(key) == nullptr) return;
  Waiting& gone = waiting_[key.slot];
  gone.suspension = nullptr;
  if (++gone.generation == 0) gone.generation = 1;
  free_waiting_.push_back(key.slot);
}

detail::SuspensionBase* Shard::find_suspension(detail::SuspensionKey key) {
  if (key.slot >= waiting_.size() || waiting_[key.slot].generation != key.generation) return nullptr;
  return waiting_[key.slot].suspension;
}

}  // namespace carillon::shard
