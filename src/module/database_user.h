// SPDX-License-Identifier: Apache-2.0
// A module's use of a database: opened at start with its tables checked, asked from runs, which are suspended
// meanwhile.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/log_limit.h"
#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "shard/shards.h"
#include "shard/suspension.h"
#include "storage/database.h"
#include "storage/pool.h"

namespace carillon::module {

struct Services;

// open() and use_table() at start; the rest inside a shard, from then on. A member of the module object: it outlives
// the runs. What goes wrong is an error with a storage::Fault: Unavailable, Busy (also: too many jobs wait, or this one
// has waited too long), ...
class DatabaseUser {
 public:
  // `url`: the module's db_url; when empty, db_default_url. Blocks.
  [[nodiscard]] base::Result<> open(Services& services, std::string_view url);
  [[nodiscard]] base::Result<> open(shard::Shards& shards, storage::Databases& databases, std::string_view url,
                                    bool create = false);
  // The table, under the name that the script gave it (empty: its own), is there in a version we know; with the
  // embedded default it is made. An older version will do when it has all of `columns` (none given: those of the newest
  // version). Blocks.
  [[nodiscard]] base::Result<> use_table(const storage::TableSpec& table, std::string_view name = {},
                                         std::span<const std::string> columns = {});

  [[nodiscard]] bool is_open() const { return database_ != nullptr; }
  // For what blocks: start-up, jobs.
  [[nodiscard]] storage::Database& database() const { return *database_; }
  // Logs what failed, as log::error() does, but of a database that is away or has too much to do a few lines a second
  // only; how many there would have been is told later. Any thread.
  template <typename... Args>
  void log_error(fmt::format_string<Args...> format, const Args&... arguments) const {
    if (!errors_->allow(shards_->clock().now())) return;
    tell_left_out();
    log::error(format, arguments...);
  }

  // Shared with what writes on its own, and stops before the module does.
  [[nodiscard]] const std::shared_ptr<storage::Database>& shared() const { return database_; }
  // Ends its jobs. In Module::stop().
  void close() { database_.reset(); }

  // `job(storage::Database&)` returns a base::Result and runs on a thread of the database; it owns what it uses.
  template <std::invocable<storage::Database&> Job>
  [[nodiscard]] base::Task<std::invoke_result_t<Job&, storage::Database&>> run(shard::Shard& shard, Job job) const {
    return start(shard, std::nullopt, std::move(job));
  }
  // The same, but jobs of one lane run one after the other, in the order in which they were asked for.
  template <std::invocable<storage::Database&> Job>
  [[nodiscard]] base::Task<std::invoke_result_t<Job&, storage::Database&>> run(shard::Shard& shard, std::uint64_t lane,
                                                                               Job job) const {
    return start(shard, lane, std::move(job));
  }

  // Short reads: where the database can, this worker's own connection serves them, and no thread is woken.
  [[nodiscard]] base::Task<base::Result<storage::ResultSet>> select(shard::Shard& shard, storage::Select query,
                                                                    std::size_t max_rows = kMaxRows) const;
  [[nodiscard]] base::Task<base::Result<storage::ResultSet>> raw(shard::Shard& shard, storage::RawStatement statement,
                                                                 std::size_t max_rows = kMaxRows) const;
  // Returns the number of rows touched.
  [[nodiscard]] base::Task<base::Result<std::uint64_t>> write(shard::Shard& shard, storage::Write write) const;

 private:
  static constexpr std::size_t kMaxRows = 10'000;

  [[nodiscard]] base::Task<base::Result<storage::ResultSet>> read(shard::Shard& shard,
                                                                  storage::ReadJob::Statement statement,
                                                                  std::size_t max_rows) const;
  template <typename Job>
  [[nodiscard]] base::Task<std::invoke_result_t<Job&, storage::Database&>> start(shard::Shard& shard,
                                                                                 std::optional<std::uint64_t> lane,
                                                                                 Job job) const;
  void tell_left_out() const;
  // What a run was answered. One that went well tells what wasn't logged before.
  template <typename Answer>
  [[nodiscard]] Answer answered(Answer answer) const {
    if (answer && errors_->has_left_out()) tell_left_out();
    return answer;
  }

  shard::Shards* shards_ = nullptr;
  std::unique_ptr<log::Limit> errors_ = std::make_unique<log::Limit>();
  std::shared_ptr<storage::Database> database_;
  bool create_tables_ = false;
};

template <typename Job>
base::Task<std::invoke_result_t<Job&, storage::Database&>> DatabaseUser::start(shard::Shard& shard,
                                                                               std::optional<std::uint64_t> lane,
                                                                               Job job) const {
  using Answer = std::invoke_result_t<Job&, storage::Database&>;
  auto answer = shard.template suspend<Answer>();
  const base::TimePoint latest = shards_->clock().now() + database_->limits().longest_wait;
  // The database ends after its jobs, also when this user of it has closed it already and another one hasn't.
  auto work = [&shards = *shards_, &database = *database_, handle = answer.handle(), latest,
               job = std::move(job)]() mutable {
    if (shards.clock().now() > latest) {
      shards.resume(handle, Answer(database.too_slow()));
    } else {
      shards.resume(handle, job(database));
    }
  };
  base::Result<> taken;
  if (lane) {
    taken = database_->pool().submit(*lane, std::move(work));
  } else {
    taken = database_->pool().submit(std::move(work));
  }
  if (!taken) co_return std::unexpected(base::Error{taken.error().message, static_cast<int>(storage::Fault::Busy)});
  co_return answered(co_await answer);
}

}  // namespace carillon::module
