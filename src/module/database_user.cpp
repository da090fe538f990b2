// SPDX-License-Identifier: Apache-2.0
// See database_user.h.
#include "module/database_user.h"

#include <fmt/format.h>

#include "module/services.h"

namespace carillon::module {

base::Result<> DatabaseUser::open(Services& services, std::string_view url) {
  if (url.empty()) url = services.default_db_url;
  if (url.empty()) return base::fail("needs a db_url, and there is no db_default_url");
  auto opened = services.create_databases ? services.databases.create(url) : services.databases.open(url);
  if (!opened) return std::unexpected(std::move(opened.error()));
  shards_ = &services.shards;
  database_ = std::move(*opened);
  create_tables_ = services.create_databases;
  return {};
}

base::Result<> DatabaseUser::use_table(const storage::TableSpec& table, std::string_view name,
                                       std::span<const std::string> columns) {
  storage::TableSpec named = table;
  if (!name.empty()) named.name = name;
  if (create_tables_) return database_->create_table(named);
  return database_->check_table(named, columns);
}

base::Task<base::Result<storage::ResultSet>> DatabaseUser::select(shard::Shard& shard, storage::Select query,
                                                                  std::size_t max_rows) const {
  return run(shard, [query = std::move(query), max_rows](storage::Database& database) {
    return database.select(query, max_rows);
  });
}

base::Task<base::Result<storage::ResultSet>> DatabaseUser::raw(shard::Shard& shard, storage::RawStatement statement,
                                                               std::size_t max_rows) const {
  return run(shard, [statement = std::move(statement), max_rows](storage::Database& database) {
    return database.raw(statement, max_rows);
  });
}

base::Task<base::Result<std::uint64_t>> DatabaseUser::write(shard::Shard& shard, storage::Write write) const {
  return run(shard, [write = std::move(write)](storage::Database& database) mutable {
    return database.write(std::move(write));
  });
}

base::Error DatabaseUser::waited_too_long(const storage::Database& database) {
  return {fmt::format("{} is too slow for what is asked of it", database.url().display()),
          static_cast<int>(storage::Fault::Busy)};
}

}  // namespace carillon::module
