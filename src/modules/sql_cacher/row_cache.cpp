// SPDX-License-Identifier: Apache-2.0
// See row_cache.h.
#include "modules/sql_cacher/row_cache.h"

#include <fmt/format.h>

#include <utility>

#include "module/services.h"

namespace carillon::sql_cacher {
namespace {

// The key first, then what is kept; all columns when none are named.
storage::Select query_of(const CacheSpec& spec) {
  storage::Select query{.table = spec.table};
  if (spec.columns.empty()) return query;
  query.columns.push_back(spec.key);
  query.columns.insert(query.columns.end(), spec.columns.begin(), spec.columns.end());
  return query;
}

std::vector<std::string> columns_of(const storage::Row& row) {
  std::vector<std::string> columns;
  for (std::size_t i = 0; i < row.size(); ++i) columns.emplace_back(row.name(i));
  return columns;
}

Row cells_of(const storage::Row& row) {
  auto cells = std::make_shared<Cells>();
  for (std::size_t i = 0; i < row.size(); ++i) cells->push_back(row.value(i));
  return cells;
}

}  // namespace

base::Result<> RowCache::open(module::Services& services) {
  clock_ = &services.clock;
  if (auto opened = database_.open(services, spec_.db_url); !opened) return opened;
  if (spec_.on_demand) return {};
  return rows_.load(database_, [this](storage::Database& from) { return read_all(from); });
}

base::Result<std::shared_ptr<const Rows>> RowCache::read_all(storage::Database& database) const {
  auto rows = std::make_shared<Rows>();
  std::optional<std::size_t> key;
  auto read = database.select(query_of(spec_), [&](const storage::Row& row) {
    if (rows->columns.empty()) {
      rows->columns = columns_of(row);
      for (std::size_t i = 0; i < rows->columns.size() && !key; ++i) {
        if (base::iequals(rows->columns[i], spec_.key)) key = i;
      }
    }
    if (key) rows->by_key.insert_or_assign(std::string(row.text(*key)), cells_of(row));
    return key.has_value();
  });
  if (!read) return std::unexpected(std::move(read.error()));
  if (!rows->columns.empty() && !key) return base::fail(fmt::format("{} has no column {}", spec_.table, spec_.key));
  return rows;
}

base::Task<base::Result<>> RowCache::reload(shard::Shard& shard) {
  co_return co_await rows_.reload(database_, shard, [this](storage::Database& from) { return read_all(from); });
}

std::string RowCache::name_of(std::string_view key) const { return fmt::format("{}:{}", number_, key); }

std::optional<KeptRow> RowCache::find(std::string_view key) const {
  return kept_->with(name_of(key), [](KeptRows::Entry& entry) -> std::optional<KeptRow> {
    if (entry.value() == nullptr) return std::nullopt;
    return *entry.value();
  });
}

base::Task<base::Result<KeptRow>> RowCache::fetch(shard::Shard& shard, std::string key) {
  storage::Select query = query_of(spec_);
  query.where.push_back({.column = spec_.key, .value = key});
  query.limit = 1;
  auto answer = co_await database_.select(shard, std::move(query));
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  KeptRow row;
  if (!answer->rows.empty()) {
    row.columns = std::make_shared<const std::vector<std::string>>(std::move(answer->columns));
    row.row = std::make_shared<Cells>(std::move(answer->rows.front()));
  }
  keep(key, row);
  co_return row;
}

void RowCache::keep(const std::string& key, KeptRow row) const {
  constexpr std::size_t kLongestKey = 1024;
  if (key.size() > kLongestKey || count_->load(std::memory_order_relaxed) >= most_rows_) return;
  count_->fetch_add(1, std::memory_order_relaxed);
  row.ticket = std::shared_ptr<const void>(nullptr, [count = count_](const void*) { count->fetch_sub(1); });
  const base::TimePoint until = clock_->now() + spec_.expire;
  kept_->with(name_of(key), [&](KeptRows::Entry& entry) {
    if (entry.value() == nullptr) {
      entry.create(std::move(row));
    } else {
      *entry.value() = std::move(row);
    }
    entry.expire_at(until);
  });
}

void RowCache::forget_all() {
  const std::string mine = name_of({});
  for (std::size_t partition = 0; partition < KeptRows::partitions(); ++partition) {
    kept_->erase_if_in(partition, [&](const std::string& name, const KeptRow&) { return name.starts_with(mine); });
  }
}

}  // namespace carillon::sql_cacher
