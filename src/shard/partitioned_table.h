// SPDX-License-Identifier: Apache-2.0
// PartitionedTable<K, V>: process-wide state keyed by anything but the Call-ID (contacts, nonces, gateways, caches).
#pragma once

#include <absl/container/node_hash_map.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "base/hash.h"
#include "base/time.h"
#include "shard/context.h"
#include "shard/due_board.h"
#include "shard/shards.h"

namespace carillon::shard {

// Text is hashed with a key of the table's own; other keys by std::hash.
struct TableHash {
  using is_transparent = void;

  base::HashKey key = base::HashKey::random();

  [[nodiscard]] std::size_t operator()(std::string_view text) const { return base::sip_hash(key, text); }
  template <typename T>
    requires(!std::convertible_to<const T&, std::string_view>)
  [[nodiscard]] std::size_t operator()(const T& value) const {
    return base::mix(std::hash<T>{}(value) ^ key.k0);
  }
};

// Holds a partition's lock. Partition locks don't nest, and nothing waits while one is held; a post is allowed, as it
// runs later.
class PartitionLock {
 public:
  explicit PartitionLock(std::mutex& mutex) : lock_(mutex, std::defer_lock) {
    CARILLON_ASSERT(context.locks == 0);
    lock_.lock();
    ++context.locks;
  }
  ~PartitionLock() { --context.locks; }
  PartitionLock(const PartitionLock&) = delete;
  PartitionLock& operator=(const PartitionLock&) = delete;

 private:
  std::unique_lock<std::mutex> lock_;
};

// Any thread. Each partition has a lock and a wheel; an entry's address is stable while it exists.
template <typename K, typename V, std::size_t Partitions = 64>
class PartitionedTable final : private Timed {
  static_assert(Partitions > 1 && (Partitions & (Partitions - 1)) == 0);
  struct Node;
  struct Partition;

 public:
  // Called with the partition's lock held when an entry's time has come: a new time keeps it, nothing erases it.
  using OnExpire = std::move_only_function<std::optional<base::TimePoint>(const K&, V&)>;

  explicit PartitionedTable(Shards& shards, OnExpire on_expire = {})
      : shards_(shards), on_expire_(std::move(on_expire)), slot_(shards.attach(*this)) {
    for (std::size_t index = 0; index < Partitions; ++index) partitions_[index].emplace(*this, index);
  }
  ~PartitionedTable() override { shards_.detach(slot_); }
  PartitionedTable(const PartitionedTable&) = delete;
  PartitionedTable& operator=(const PartitionedTable&) = delete;

  // The place of one key, with its partition locked.
  class Entry {
   public:
    // Null when the key is absent.
    [[nodiscard]] V* value() { return node_ == nullptr ? nullptr : &node_->value; }
    // Adds the key; it must be absent.
    template <typename... Args>
    V& create(Args&&... args);
    // Removes the key; it must be present.
    void erase();
    // When OnExpire is called for this entry (by default: when it is erased). The key must be present.
    void expire_at(base::TimePoint at) { partition_.wheel.schedule(node_->timer, at); }
    void never_expire() { node_->timer.cancel(); }

   private:
    friend class PartitionedTable;
    Entry(Partition& partition, std::string_view key, std::size_t hash)
      requires std::convertible_to<K, std::string_view>
        : partition_(partition), key_(key), hash_(hash), node_(partition.find(key, hash)) {}
    Entry(Partition& partition, const K& key, std::size_t hash)
      requires(!std::convertible_to<K, std::string_view>)
        : partition_(partition), key_(key), hash_(hash), node_(partition.find(key, hash)) {}

    using Lookup = std::conditional_t<std::convertible_to<K, std::string_view>, std::string_view, const K&>;

    Partition& partition_;
    Lookup key_;
    std::size_t hash_;
    Node* node_;
  };

  using Lookup = std::conditional_t<std::convertible_to<K, std::string_view>, std::string_view, const K&>;

  // Checks and changes one key as one operation: returns f(Entry&), called with the partition locked.
  template <typename F>
  decltype(auto) with(Lookup key, F&& f);

  // Calls f(const K&, V&) for each entry of one partition, with it locked: work through them one by one so that
  // nobody waits for the whole table. `f` neither adds nor removes entries.
  template <typename F>
  void for_each_in(std::size_t partition, F&& f);
  // Removes the entries of one partition for which f(const K&, V&) is true; returns how many.
  template <typename F>
  std::size_t erase_if_in(std::size_t partition, F&& f);

  [[nodiscard]] static constexpr std::size_t partitions() { return Partitions; }
  // Entries, about: others may be changing it.
  [[nodiscard]] std::size_t size() const { return size_.load(std::memory_order_relaxed); }

 private:
  struct Node {
    template <typename... Args>
    explicit Node(Partition& in, Args&&... args) : value(std::forward<Args>(args)...), partition(in) {}
    void on_timer() { partition.table.expire(*this); }

    V value;
    Partition& partition;
    const K* key = nullptr;
    Timer timer = Timer::calling<&Node::on_timer>(this);
  };

  struct alignas(64) Partition {
    Partition(PartitionedTable& owner, std::size_t number)
        : table(owner), index(number), wheel(owner.shards_.clock().now()), nodes(0, owner.hash_) {}
    [[nodiscard]] Node* find(Lookup key, std::size_t hash) {
      const auto found = nodes.find(key, hash);
      return found == nodes.end() ? nullptr : &found->second;
    }

    PartitionedTable& table;
    std::size_t index;
    std::mutex mutex;
    TimingWheel wheel;
    absl::node_hash_map<K, Node, TableHash, std::equal_to<>> nodes;
  };

  // With the partition locked, after its wheel may have changed.
  void publish(Partition& partition) {
    const base::TimePoint due = partition.wheel.next_due();
    if (due == board_.due(partition.index)) return;
    board_.set(partition.index, due);
    if (due != base::TimePoint::max()) shards_.set_due(slot_, due);
  }
  // Timers of one call of advance(), about: when a million entries end in the same second, the partitions beyond stay
  // due until the worker has seen to its messages.
  static constexpr std::size_t kFiredAtOnce = 1000;

  void expire(Node& node);
  base::TimePoint advance(base::TimePoint now) override;

  Shards& shards_;
  OnExpire on_expire_;
  TableHash hash_;
  DueBoard<Partitions> board_;
  std::atomic<std::size_t> size_{0};
  std::array<std::optional<Partition>, Partitions> partitions_;
  unsigned slot_;
};

template <typename K, typename V, std::size_t Partitions>
template <typename... Args>
V& PartitionedTable<K, V, Partitions>::Entry::create(Args&&... args) {
  CARILLON_ASSERT(node_ == nullptr);
  const auto [at, added] = partition_.nodes.try_emplace(K(key_), partition_, std::forward<Args>(args)...);
  node_ = &at->second;
  node_->key = &at->first;
  partition_.table.size_.fetch_add(1, std::memory_order_relaxed);
  return node_->value;
}

template <typename K, typename V, std::size_t Partitions>
void PartitionedTable<K, V, Partitions>::Entry::erase() {
  CARILLON_ASSERT(node_ != nullptr);
  partition_.nodes.erase(partition_.nodes.find(key_, hash_));
  node_ = nullptr;
  partition_.table.size_.fetch_sub(1, std::memory_order_relaxed);
}

template <typename K, typename V, std::size_t Partitions>
template <typename F>
decltype(auto) PartitionedTable<K, V, Partitions>::with(Lookup key, F&& f) {
  const std::size_t hash = hash_(key);
  // The map uses the low bits.
  Partition& partition = *partitions_[(hash >> 48) & (Partitions - 1)];
  const PartitionLock lock(partition.mutex);
  struct Publish {
    PartitionedTable& table;
    Partition& changed;
    ~Publish() { table.publish(changed); }
  } const publish_at_end{*this, partition};
  Entry entry(partition, key, hash);
  return std::forward<F>(f)(entry);
}

template <typename K, typename V, std::size_t Partitions>
template <typename F>
void PartitionedTable<K, V, Partitions>::for_each_in(std::size_t partition, F&& f) {
  const PartitionLock lock(partitions_[partition]->mutex);
  for (auto& [key, node] : partitions_[partition]->nodes) f(key, node.value);
}

template <typename K, typename V, std::size_t Partitions>
template <typename F>
std::size_t PartitionedTable<K, V, Partitions>::erase_if_in(std::size_t partition, F&& f) {
  const PartitionLock lock(partitions_[partition]->mutex);
  const std::size_t gone =
      absl::erase_if(partitions_[partition]->nodes, [&f](auto& entry) { return f(entry.first, entry.second.value); });
  size_.fetch_sub(gone, std::memory_order_relaxed);
  return gone;
}

template <typename K, typename V, std::size_t Partitions>
void PartitionedTable<K, V, Partitions>::expire(Node& node) {
  if (on_expire_) {
    if (const auto next = on_expire_(*node.key, node.value)) {
      node.partition.wheel.schedule(node.timer, *next);
      return;
    }
  }
  Partition& partition = node.partition;
  partition.nodes.erase(partition.nodes.find(*node.key));
  size_.fetch_sub(1, std::memory_order_relaxed);
}

template <typename K, typename V, std::size_t Partitions>
base::TimePoint PartitionedTable<K, V, Partitions>::advance(base::TimePoint now) {
  std::size_t fired = 0;
  for (std::size_t index = 0; index < Partitions && fired < kFiredAtOnce; ++index) {
    if (board_.due(index) > now) continue;
    Partition& partition = *partitions_[index];
    const PartitionLock lock(partition.mutex);
    fired += partition.wheel.advance(now);
    board_.set(index, partition.wheel.next_due());
  }
  return board_.refresh();
}

}  // namespace carillon::shard
