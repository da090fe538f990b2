// SPDX-License-Identifier: Apache-2.0
// See local_store.h.
#include "modules/cachedb_local/local_store.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "storage/driver.h"

namespace carillon::cachedb_local {
namespace {

using storage::Fault;

// What the table keeps of an entry besides its texts, about.
constexpr std::size_t kOverhead = 200;

std::unexpected<base::Error> closed() {
  return base::fail("the collection is closed", static_cast<int>(Fault::Unavailable));
}
std::unexpected<base::Error> full() {
  return base::fail("the collections are full (max_memory)", static_cast<int>(Fault::Busy));
}
std::unexpected<base::Error> wrong_kind(const char* what) { return base::fail(what, static_cast<int>(Fault::Other)); }

}  // namespace

LocalStore::LocalStore(std::string name, shard::Shards& shards, std::shared_ptr<Room> room)
    : name_(std::move(name)), shards_(shards), room_(std::move(room)) {
  table_ = std::make_unique<Table>(shards_, [this](const std::string&, Value& value) -> std::optional<base::TimePoint> {
    release(value);
    return std::nullopt;
  });
}

LocalStore::~LocalStore() = default;

std::size_t LocalStore::size() const { return table_ == nullptr ? 0 : table_->size(); }

void LocalStore::close() { table_.reset(); }

std::size_t LocalStore::bytes_of(std::string_view key, const Value& value) {
  std::size_t bytes = kOverhead + key.size() + value.text.size();
  if (value.map != nullptr) {
    for (const auto& [name, text] : *value.map) bytes += sizeof(storage::Pairs::value_type) + name.size() + text.size();
  }
  return bytes;
}

bool LocalStore::reserve(Value& value, std::size_t bytes) {
  if (bytes > value.bytes) {
    const std::size_t more = bytes - value.bytes;
    if (room_->used.fetch_add(more, std::memory_order_relaxed) + more > room_->bytes) {
      room_->used.fetch_sub(more, std::memory_order_relaxed);
      return false;
    }
  } else {
    room_->used.fetch_sub(value.bytes - bytes, std::memory_order_relaxed);
  }
  value.bytes = bytes;
  return true;
}

base::Result<> LocalStore::put(Table::Entry& entry, std::string_view key, Value value) {
  value.bytes = entry.value() == nullptr ? 0 : entry.value()->bytes;
  if (!reserve(value, bytes_of(key, value))) return full();
  if (entry.value() == nullptr) {
    entry.create(std::move(value));
  } else {
    *entry.value() = std::move(value);
  }
  return {};
}

void LocalStore::expire_in(Table::Entry& entry, base::Duration lifetime) {
  if (lifetime > base::Duration::zero()) {
    entry.expire_at(shards_.clock().now() + lifetime);
  } else {
    entry.never_expire();
  }
}

base::Result<std::optional<std::string>> LocalStore::get(std::string_view key) {
  if (table_ == nullptr) return closed();
  return table_->with(key, [](auto& entry) -> base::Result<std::optional<std::string>> {
    if (entry.value() == nullptr) return std::nullopt;
    if (entry.value()->map != nullptr) return wrong_kind("the key has named values");
    return entry.value()->text;
  });
}

base::Result<> LocalStore::set(std::string_view key, std::string_view value, Seconds lifetime) {
  if (table_ == nullptr) return closed();
  return table_->with(key, [&](auto& entry) -> base::Result<> {
    if (auto stored = put(entry, key, {.text = std::string(value)}); !stored) return stored;
    expire_in(entry, lifetime);
    return {};
  });
}

base::Result<bool> LocalStore::remove(std::string_view key) {
  if (table_ == nullptr) return closed();
  return table_->with(key, [&](auto& entry) {
    if (entry.value() == nullptr) return false;
    release(*entry.value());
    entry.erase();
    return true;
  });
}

base::Result<std::int64_t> LocalStore::add(std::string_view key, std::int64_t amount, Seconds lifetime) {
  if (table_ == nullptr) return closed();
  return table_->with(key, [&](auto& entry) -> base::Result<std::int64_t> {
    std::int64_t sum = 0;
    if (entry.value() != nullptr) {
      const auto number = base::parse_number<std::int64_t>(entry.value()->text);
      if (!number || entry.value()->map != nullptr) return wrong_kind("the value is not a number");
      sum = *number;
    }
    if (__builtin_add_overflow(sum, amount, &sum)) return wrong_kind("the sum is too great for a number");
    if (auto stored = put(entry, key, {.text = std::to_string(sum)}); !stored) {
      return std::unexpected(std::move(stored.error()));
    }
    if (lifetime > Seconds::zero()) expire_in(entry, lifetime);
    return sum;
  });
}

base::Result<storage::Pairs> LocalStore::map(std::string_view key) {
  if (table_ == nullptr) return closed();
  return table_->with(key, [](auto& entry) -> base::Result<storage::Pairs> {
    if (entry.value() == nullptr) return storage::Pairs();
    if (entry.value()->map == nullptr) return wrong_kind("the key has no named values");
    return *entry.value()->map;
  });
}

base::Result<> LocalStore::set_map(std::string_view key, const storage::Pairs& values, Seconds lifetime) {
  if (table_ == nullptr) return closed();
  return table_->with(key, [&](auto& entry) -> base::Result<> {
    if (entry.value() != nullptr && entry.value()->map == nullptr) return wrong_kind("the key has no named values");
    Value value{.text = {}, .map = std::make_unique<storage::Pairs>()};
    if (entry.value() != nullptr) *value.map = *entry.value()->map;
    for (const auto& [name, text] : values) {
      const auto found = std::ranges::find(*value.map, name, &storage::Pairs::value_type::first);
      if (found == value.map->end()) {
        value.map->emplace_back(name, text);
      } else {
        found->second = text;
      }
    }
    if (auto stored = put(entry, key, std::move(value)); !stored) return stored;
    if (lifetime > Seconds::zero()) expire_in(entry, lifetime);
    return {};
  });
}

base::Result<bool> LocalStore::remove_of_map(std::string_view key, std::string_view name) {
  if (table_ == nullptr) return closed();
  return table_->with(key, [&](auto& entry) -> base::Result<bool> {
    Value* value = entry.value();
    if (value == nullptr) return false;
    if (value->map == nullptr) return wrong_kind("the key has no named values");
    const bool removed = std::erase_if(*value->map, [name](const auto& pair) { return pair.first == name; }) != 0;
    if (value->map->empty()) {
      release(*value);
      entry.erase();
    } else {
      static_cast<void>(reserve(*value, bytes_of(key, *value)));  // it has become less
    }
    return removed;
  });
}

base::Result<bool> LocalStore::take_lease(std::string_view key, std::string_view owner,
                                          std::chrono::milliseconds duration) {
  if (table_ == nullptr) return closed();
  return table_->with(key, [&](auto& entry) -> base::Result<bool> {
    if (entry.value() != nullptr && entry.value()->text != owner) return false;
    if (auto stored = put(entry, key, {.text = std::string(owner)}); !stored) {
      return std::unexpected(std::move(stored.error()));
    }
    expire_in(entry, duration);
    return true;
  });
}

base::Result<> LocalStore::end_lease(std::string_view key, std::string_view owner) {
  if (table_ == nullptr) return closed();
  table_->with(key, [&](auto& entry) {
    if (entry.value() == nullptr || entry.value()->text != owner) return;
    release(*entry.value());
    entry.erase();
  });
  return {};
}

base::Result<storage::ReplyRows> LocalStore::raw(std::string_view /*query*/) {
  return base::fail("cachedb_local has no raw queries", static_cast<int>(Fault::Unsupported));
}

std::size_t LocalStore::remove_in(std::size_t partition, base::FunctionRef<bool(const std::string&)> wanted) {
  if (table_ == nullptr) return 0;
  return table_->erase_if_in(partition, [&](const std::string& key, Value& value) {
    if (!wanted(key)) return false;
    release(value);
    return true;
  });
}

void LocalStore::for_each_in(std::size_t partition,
                             base::FunctionRef<void(const std::string& key, const std::string& value)> f) {
  if (table_ == nullptr) return;
  table_->for_each_in(partition, [&](const std::string& key, Value& value) { f(key, value.text); });
}

}  // namespace carillon::cachedb_local
