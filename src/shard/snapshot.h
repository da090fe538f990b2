// SPDX-License-Identifier: Apache-2.0
// Snapshot<T>: immutable data that a reload swaps as a whole, while readers go on with the one they hold.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace carillon::shard {

// Any thread. T is shared because a run that began on the old one finishes on it.
template <typename T>
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const T> first = nullptr) : current_(std::move(first)) {}

  [[nodiscard]] std::shared_ptr<const T> load() const {
    const std::scoped_lock lock(mutex_);
    return current_;
  }

  void store(std::shared_ptr<const T> next) {
    const std::scoped_lock lock(mutex_);
    current_.swap(next);
    version_.fetch_add(1, std::memory_order_release);
  }

  // A reader's own copy (one a shard or a thread, e.g. ShardLocal<Snapshot<T>::Reader>): looking costs one load until
  // somebody stores. Keeps the old data alive until it looks again.
  class Reader {
   public:
    // Valid until the next call; copy it to hold it across a wait.
    [[nodiscard]] const std::shared_ptr<const T>& read(const Snapshot& snapshot) {
      const std::uint64_t version = snapshot.version_.load(std::memory_order_acquire);
      if (version != version_ || &snapshot != source_) {
        copy_ = snapshot.load();
        version_ = version;
        source_ = &snapshot;
      }
      return copy_;
    }

   private:
    std::shared_ptr<const T> copy_;
    const Snapshot* source_ = nullptr;
    std::uint64_t version_ = 0;
  };

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> current_;
  std::atomic<std::uint64_t> version_{1};
};

}  // namespace carillon::shard
