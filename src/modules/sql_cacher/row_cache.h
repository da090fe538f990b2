// SPDX-License-Identifier: Apache-2.0
// The rows that one cache_table keeps: all of them at once, or those that were asked for, for a while.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/strings.h"
#include "module/cached_table.h"
#include "module/database_user.h"
#include "modules/sql_cacher/cache_spec.h"
#include "routing/route_context.h"
#include "shard/partitioned_table.h"

namespace carillon::sql_cacher {

// A row found by its key, or that there is none.
using Cells = std::vector<storage::Value>;
using Row = std::shared_ptr<const Cells>;  // shared by those who read it and the cache, which may drop it

// What a read of a whole table gave.
struct Rows {
  std::vector<std::string> columns;
  std::unordered_map<std::string, Row, base::StringHash, std::equal_to<>> by_key;
};

// Rows kept on demand: of all caches, by "number of the cache:key".
struct KeptRow {
  std::shared_ptr<const std::vector<std::string>> columns = std::make_shared<const std::vector<std::string>>();
  Row row;                             // null: there is none
  std::shared_ptr<const void> ticket;  // shared by its copies: counts it while it is kept
};
using KeptRows = shard::PartitionedTable<std::string, KeptRow>;

class RowCache {
 public:
  // `kept` serves caches on demand; at most about `most_rows` of this cache are in it, what comes beyond is not kept.
  RowCache(CacheSpec spec, std::size_t number, std::size_t most_rows, const std::unique_ptr<KeptRows>& kept)
      : spec_(std::move(spec)), number_(number), most_rows_(most_rows), kept_(kept) {}

  [[nodiscard]] const CacheSpec& spec() const { return spec_; }
  // Blocks; at start.
  [[nodiscard]] base::Result<> open(module::Services& services);
  void close() { database_.close(); }

  // Inside a shard. With full caching; the rows stay as they are when that fails.
  [[nodiscard]] base::Task<base::Result<>> reload(shard::Shard& shard);
  [[nodiscard]] std::shared_ptr<const Rows> rows() const { return rows_.share(); }

  // --- on demand
  // Nothing: it has to be fetched.
  [[nodiscard]] std::optional<KeptRow> find(std::string_view key) const;
  // Asks the database, and keeps what it says.
  [[nodiscard]] base::Task<base::Result<KeptRow>> fetch(shard::Shard& shard, std::string key);
  void forget_all();
  // Whose failures are logged.
  [[nodiscard]] const module::DatabaseUser& database() const { return database_; }

 private:
  [[nodiscard]] base::Result<std::shared_ptr<const Rows>> read_all(storage::Database& database) const;
  [[nodiscard]] std::string name_of(std::string_view key) const;
  void keep(const std::string& key, KeptRow row) const;

  const CacheSpec spec_;
  const std::size_t number_;
  const std::size_t most_rows_;
  const std::unique_ptr<KeptRows>& kept_;
  // Of rows kept; shared with their tickets.
  std::shared_ptr<std::atomic<std::size_t>> count_ = std::make_shared<std::atomic<std::size_t>>(0);
  const base::Clock* clock_ = nullptr;
  module::DatabaseUser database_;
  module::CachedTable<Rows> rows_;
};

}  // namespace carillon::sql_cacher
