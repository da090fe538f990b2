// SPDX-License-Identifier: Apache-2.0
// Memory of one call, given back as a whole: allocation moves a pointer, nothing is freed one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace carillon::base {

// One thread at a time. Objects made here are not destroyed: only trivially destructible ones are accepted.
class Arena {
 public:
  // `first_block`: bytes of the first block; `second_block`: of the next one, 0 for twice the first. Later ones double
  // up to 64 KiB.
  explicit Arena(std::size_t first_block = 1024, std::size_t second_block = 0)
      : next_block_(first_block), second_block_(second_block == 0 ? first_block * 2 : second_block) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  Arena(Arena&&) = default;
  Arena& operator=(Arena&&) = default;

  [[nodiscard]] void* allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) {
    const auto at = (reinterpret_cast<std::uintptr_t>(cursor_) + alignment - 1) & ~(alignment - 1);
    if (cursor_ == nullptr || at + size > reinterpret_cast<std::uintptr_t>(limit_))
      return allocate_slow(size, alignment);
    cursor_ = reinterpret_cast<char*>(at + size);
    return reinterpret_cast<void*>(at);
  }

  template <typename T, typename... Args>
  [[nodiscard]] T* make(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>, "an arena destroys nothing");
    return ::new (allocate(sizeof(T), alignof(T))) T(std::forward<Args>(args)...);
  }

  // A copy that lives as long as the arena.
  [[nodiscard]] std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* to = static_cast<char*>(allocate(text.size(), 1));
    std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }

  // `size` characters to be written by the caller.
  [[nodiscard]] std::span<char> characters(std::size_t size) { return {static_cast<char*>(allocate(size, 1)), size}; }

  // Forgets everything but keeps the largest block for the next use.
  void reset();

  // Bytes taken from the system.
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };

  [[nodiscard]] void* allocate_slow(std::size_t size, std::size_t alignment);

  char* cursor_ = nullptr;
  char* limit_ = nullptr;
  std::size_t next_block_;
  std::size_t second_block_;
  std::size_t capacity_ = 0;
  std::vector<Block> blocks_;
};

}  // namespace carillon::base
