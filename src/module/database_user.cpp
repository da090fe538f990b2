// SPDX-License-Identifier: Apache-2.0
// See database_user.h.
#include "module/database_user.h"

#include <fmt/format.h>

#include "module/services.h"

namespace carillon::module {

base::Result<> DatabaseUser::open(Services& services, std::string_view url) {
  if (url.empty()) url = services.default_db_url;
  if (url.empty()) return base::fail("needs a db_url, and there is no db_default_url");
  return open(services.shards, services.databases, url, services.create_databases);
}

base::Result<> DatabaseUser::open(shard::Shards& shards, storage::Databases& databases, std::string_view url,
                                  bool create) {
  auto opened = create ? databases.create(url) : databases.open(url);
  if (!opened) return std::unexpected(std::move(opened.error()));
  shards_ = &shards;
  database_ = std::move(*opened);
  create_tables_ = create;
  return {};
}

base::Result<> DatabaseUser::use_table(const storage::TableSpec& table, std::string_view name,
                                       std::span<const std::string> columns) {
  storage::TableSpec named = table;
  if (!name.empty()) named.name = name;
  if (create_tables_) return database_->create_table(named);
  return database_->check_table(named, columns);
}

namespace {

// A read that a run waits for. When the run is gone, nobody is told.
class ReadOfRun final : public storage::ReadJob {
 public:
  using Answer = base::Result<storage::ResultSet>;

  ReadOfRun(shard::Shards& shards, shard::Handle<Answer> run, Statement statement, std::size_t max_rows)
      : ReadJob(std::move(statement)), shards_(shards), run_(run), rows_(max_rows) {}

  bool on_row(const storage::Row& row) override { return rows_.add(row); }
  void restart() override { rows_.clear(); }
  void finish(base::Result<> read) override { shards_.resume_here(run_, rows_.finish(std::move(read))); }

 private:
  shard::Shards& shards_;
  shard::Handle<Answer> run_;
  storage::RowCollector rows_;
};

}  // namespace

void DatabaseUser::tell_left_out() const {
  if (const std::uint64_t left_out = errors_->take_left_out(shards_->clock().now()); left_out != 0) {
    log::error("{}: {} more failures were not logged", database_->url().display(), left_out);
  }
}

base::Task<base::Result<storage::ResultSet>> DatabaseUser::read(shard::Shard& shard,
                                                                storage::ReadJob::Statement statement,
                                                                std::size_t max_rows) const {
  auto answer = shard.suspend<ReadOfRun::Answer>();
  database_->read(shard::context.worker,
                  std::make_unique<ReadOfRun>(*shards_, answer.handle(), std::move(statement), max_rows));
  co_return answered(co_await answer);
}

base::Task<base::Result<storage::ResultSet>> DatabaseUser::select(shard::Shard& shard, storage::Select query,
                                                                  std::size_t max_rows) const {
  return read(shard, std::move(query), max_rows);
}

base::Task<base::Result<storage::ResultSet>> DatabaseUser::raw(shard::Shard& shard, storage::RawStatement statement,
                                                               std::size_t max_rows) const {
  return read(shard, std::move(statement), max_rows);
}

base::Task<base::Result<std::uint64_t>> DatabaseUser::write(shard::Shard& shard, storage::Write write) const {
  return run(shard, [write = std::move(write)](storage::Database& database) mutable {
    return database.write(std::move(write));
  });
}

}  // namespace carillon::module
