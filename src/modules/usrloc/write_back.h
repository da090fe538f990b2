// SPDX-License-Identifier: Apache-2.0
// Brings what changes in a location table to the database. Save never waits for it, except in write-through mode, where
// saves that wait share a transaction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "module/write_back.h"
#include "modules/usrloc/location_row.h"
#include "modules/usrloc/location_table.h"

namespace carillon::usrloc {

using module::WriteBackStatistics;

// Changes are kept as names of AoRs and numbers of contacts, so that a contact that changes ten times is written once,
// and what waits is bounded: beyond kMaxWaiting AoRs the whole table is looked through instead.
class WriteBack final : public module::WriteBack, public ChangeSink {
 public:
  struct Parts {
    shard::Shards& shards;
    std::shared_ptr<storage::Database> database;  // shared with who else names its URL
    LocationTable& table;
    const LocationRow& row;
    WriteBackStatistics& statistics;
    base::Duration interval;
  };

  explicit WriteBack(const Parts& parts);
  // Waits for the write that has begun; drain() comes before.
  ~WriteBack() override { end(); }

  // --- ChangeSink; with a partition's lock held
  void on_changed(std::string_view aor) override;
  void on_removed(std::uint64_t contact_id) override;

 private:
  static constexpr std::size_t kMaxWaiting = 250'000;
  static constexpr std::size_t kMaxRemovals = 2'000'000;
  static constexpr std::size_t kRowsALock = 250;  // copied from the table while a partition is locked

  [[nodiscard]] bool has_changes() const override { return scan_ || !changed_.empty() || !removed_.empty(); }
  void take_changes() override;
  [[nodiscard]] bool has_taken() const override { return !aors_.empty() || !removals_.empty() || scan_at_; }
  void fill(Batch& batch) override;
  void take_rows_of_aors(Batch& batch);
  void take_rows_of_partitions(Batch& batch);

  LocationTable& table_;
  const LocationRow& row_;

  // Of whoever has the turn.
  std::vector<std::string> aors_;
  std::vector<std::uint64_t> removals_;
  std::optional<std::size_t> scan_at_;  // the next partition, while the table is looked through

  // What waits. The mutex is taken with a partition's lock held, never the other way round.
  std::vector<std::string> changed_;
  std::vector<std::uint64_t> removed_;
  bool scan_ = false;  // `changed_` overflowed: the table is to be looked through
};

}  // namespace carillon::usrloc
