// SPDX-License-Identifier: Apache-2.0
// See arena.h.
#include "base/arena.h"

#include <algorithm>

namespace carillon::base {
namespace {
constexpr std::size_t kLargestBlock = 64 * 1024;
}

void* Arena::allocate_slow(std::size_t size, std::size_t alignment) {
  const std::size_t block = std::max(next_block_, size + alignment);
  next_block_ = std::min(blocks_.empty() ? second_block_ : next_block_ * 2, kLargestBlock);
  blocks_.push_back({std::make_unique_for_overwrite<char[]>(block), block});
  capacity_ += block;
  cursor_ = blocks_.back().bytes.get();
  limit_ = cursor_ + block;
  return allocate(size, alignment);
}

void Arena::reset() {
  if (blocks_.empty()) return;
  next_block_ = second_block_;
  const auto largest = std::ranges::max_element(blocks_, {}, &Block::size);
  std::swap(*largest, blocks_.front());
  blocks_.erase(blocks_.begin() + 1, blocks_.end());
  cursor_ = blocks_.front().bytes.get();
  limit_ = cursor_ + blocks_.front().size;
  capacity_ = blocks_.front().size;
}

}  // namespace carillon::base
