// SPDX-License-Identifier: Apache-2.0
// See read_job.h.
#include "storage/read_job.h"

#include <fmt/format.h>

namespace carillon::storage {

bool RowCollector::add(const Row& row) {
  if (rows_.rows.size() >= max_rows_) {
    overflow_ = true;
    return false;
  }
  if (rows_.columns.empty()) {
    rows_.columns.reserve(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) rows_.columns.emplace_back(row.name(i));
  }
  auto& cells = rows_.rows.emplace_back();
  cells.reserve(row.size());
  for (std::size_t i = 0; i < row.size(); ++i) cells.push_back(row.value(i));
  return true;
}

void RowCollector::clear() {
  rows_ = {};
  overflow_ = false;
}

base::Result<ResultSet> RowCollector::finish(base::Result<> read) {
  if (!read) return std::unexpected(std::move(read.error()));
  if (overflow_) return base::fail(fmt::format("the answer has more than {} rows", max_rows_));
  return std::move(rows_);
}

}  // namespace carillon::storage
