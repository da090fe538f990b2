// SPDX-License-Identifier: Apache-2.0
// A queue of keys and values that all runs share.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "shard/partitioned_table.h"

namespace carillon::mqueue {

struct Item {
  std::string key;
  std::string value;
};

// "name=myq;size=20;addmode=2;dbmode=1"
struct QueueSettings {
  enum class Add : std::uint8_t { AtEnd, KeepOldest, KeepNewest };  // the latter two have each key once

  std::string name;
  std::size_t size = 0;  // items; 0: as many as there is memory for
  Add add = Add::AtEnd;
  bool read_at_start = false;
  bool write_at_end = false;

  [[nodiscard]] static base::Result<QueueSettings> parse(std::string_view text);
};

// What all queues together may hold.
struct Room {
  explicit Room(std::size_t limit) : bytes(limit) {}
  const std::size_t bytes;
  std::atomic<std::size_t> used{0};
};

// Any thread.
class Queue {
 public:
  Queue(QueueSettings settings, Room& room) : settings_(std::move(settings)), room_(room) {}
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  [[nodiscard]] const QueueSettings& settings() const { return settings_; }
  // Beyond its size the oldest item goes. False when there is no room left.
  bool add(std::string_view key, std::string_view value);
  // The oldest; nothing when it is empty.
  [[nodiscard]] std::optional<Item> fetch();
  [[nodiscard]] std::size_t size() const;
  // All of them, oldest first.
  [[nodiscard]] std::vector<Item> items() const;

 private:
  using Items = std::list<Item>;

  [[nodiscard]] static std::size_t bytes_of(std::string_view key, std::string_view value);
  void remove(Items::iterator item);

  const QueueSettings settings_;
  Room& room_;
  mutable std::mutex mutex_;
  Items items_;
  // Of queues that have each key once; keys may come from strangers, so they are hashed with a secret.
  absl::flat_hash_map<std::string, Items::iterator, shard::TableHash, std::equal_to<>> by_key_;
};

}  // namespace carillon::mqueue
