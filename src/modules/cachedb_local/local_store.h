// SPDX-License-Identifier: Apache-2.0
// A collection of cachedb_local: keys and values in memory that expire, in partitions with a lock each.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/function_ref.h"
#include "shard/partitioned_table.h"
#include "storage/key_value.h"

namespace carillon::cachedb_local {

// What all collections together may hold, and do.
struct Room {
  explicit Room(std::size_t limit) : bytes(limit) {}
  const std::size_t bytes;
  std::atomic<std::size_t> used{0};
};

// Any thread. Ends when close() is called, before the shards do.
class LocalStore final : public storage::KeyValueStore {
 public:
  LocalStore(std::string name, shard::Shards& shards, std::shared_ptr<Room> room);
  ~LocalStore() override;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::size_t size() const;
  // Every call fails from now on. No worker may be running.
  void close();

  [[nodiscard]] storage::Pool* pool() override { return nullptr; }
  [[nodiscard]] base::Result<std::optional<std::string>> get(std::string_view key) override;
  [[nodiscard]] base::Result<> set(std::string_view key, std::string_view value, Seconds lifetime) override;
  [[nodiscard]] base::Result<bool> remove(std::string_view key) override;
  [[nodiscard]] base::Result<std::int64_t> add(std::string_view key, std::int64_t amount, Seconds lifetime) override;
  [[nodiscard]] base::Result<storage::Pairs> map(std::string_view key) override;
  [[nodiscard]] base::Result<> set_map(std::string_view key, const storage::Pairs& values, Seconds lifetime) override;
  [[nodiscard]] base::Result<bool> remove_of_map(std::string_view key, std::string_view name) override;
  [[nodiscard]] base::Result<bool> take_lease(std::string_view key, std::string_view owner,
                                              std::chrono::milliseconds duration) override;
  [[nodiscard]] base::Result<> end_lease(std::string_view key, std::string_view owner) override;
  [[nodiscard]] base::Result<storage::ReplyRows> raw(std::string_view query) override;

  // Work through the partitions one by one, so that nobody waits for the whole collection.
  [[nodiscard]] static std::size_t partitions() { return Table::partitions(); }
  // Removes the keys of one partition that `wanted` names; returns how many.
  std::size_t remove_in(std::size_t partition, base::FunctionRef<bool(const std::string&)> wanted);
  void for_each_in(std::size_t partition, base::FunctionRef<void(const std::string& key, const std::string& value)> f);

 private:
  struct Value {
    std::string text;
    std::unique_ptr<storage::Pairs> map = nullptr;  // of a key with named values
    std::size_t bytes = 0;                          // that `room_` has it down for
  };
  using Table = shard::PartitionedTable<std::string, Value, 64>;

  [[nodiscard]] static std::size_t bytes_of(std::string_view key, const Value& value);
  // Takes the room for `value` in place of what it has it for; false when there isn't so much left.
  [[nodiscard]] bool reserve(Value& value, std::size_t bytes);
  void release(const Value& value) { room_->used.fetch_sub(value.bytes, std::memory_order_relaxed); }
  // Puts `value` in the place of what is there.
  [[nodiscard]] base::Result<> put(Table::Entry& entry, std::string_view key, Value value);
  void expire_in(Table::Entry& entry, base::Duration lifetime);

  std::string name_;
  shard::Shards& shards_;
  std::shared_ptr<Room> room_;  // shared by the collections, each of which may be the last to end
  std::unique_ptr<Table> table_;
};

}  // namespace carillon::cachedb_local
