// SPDX-License-Identifier: Apache-2.0
// A short read on the way of a call: what is asked, where the rows go, who is told the end. It travels between a
// worker's connections and the database's threads.
#pragma once

#include <cstddef>
#include <utility>
#include <variant>

#include "base/result.h"
#include "storage/driver.h"
#include "storage/statement.h"
#include "storage/value.h"

namespace carillon::storage {

// Owned by whoever serves it, who may destroy it unfinished when the server stops.
class ReadJob {
 public:
  using Statement = std::variant<Select, RawStatement>;

  explicit ReadJob(Statement statement) : statement_(std::move(statement)) {}
  virtual ~ReadJob() = default;
  ReadJob(const ReadJob&) = delete;
  ReadJob& operator=(const ReadJob&) = delete;

  [[nodiscard]] const Statement& statement() const { return statement_; }

  // False ends the reading.
  virtual bool on_row(const Row& row) = 0;
  // It is tried again: the rows so far don't count.
  virtual void restart() = 0;
  // Once, the last call. On a worker, in its loop or in any shard, or on a thread of the database.
  virtual void finish(base::Result<> read) = 0;

 private:
  const Statement statement_;
};

// Collects rows until there are too many.
class RowCollector {
 public:
  explicit RowCollector(std::size_t max_rows) : max_rows_(max_rows) {}

  // False, and the row isn't kept, when there are too many.
  [[nodiscard]] bool add(const Row& row);
  void clear();
  // All that was read, if `read` went well and it fitted. Once.
  [[nodiscard]] base::Result<ResultSet> finish(base::Result<> read);

 private:
  std::size_t max_rows_;
  bool overflow_ = false;
  ResultSet rows_;
};

}  // namespace carillon::storage
