// SPDX-License-Identifier: Apache-2.0
// See write_back.h.
#include "modules/usrloc/write_back.h"

#include <mutex>
#include <utility>

namespace carillon::usrloc {
namespace {

// Calls `use` with the last `count` of `from`, or all; their order doesn't matter.
template <typename T, typename Use>
void take_some(std::vector<T>& from, std::size_t count, Use use) {
  for (; count != 0 && !from.empty(); --count) {
    use(from.back());
    from.pop_back();
  }
}

}  // namespace

WriteBack::WriteBack(const Parts& parts)
    : module::WriteBack({.shards = parts.shards,
                         .database = parts.database,
                         .module = "usrloc",
                         .table = parts.table.name(),
                         .columns = parts.row.names(),
                         .key = parts.row.columns().contact_id,
                         .statistics = parts.statistics,
                         .interval = parts.interval}),
      table_(parts.table),
      row_(parts.row) {}

void WriteBack::on_changed(std::string_view aor) {
  const std::scoped_lock lock(mutex());
  if (scan_) return;
  if (changed_.size() < kMaxWaiting) {
    changed_.emplace_back(aor);
    return;
  }
  scan_ = true;
  changed_ = {};
}

void WriteBack::on_removed(std::uint64_t contact_id) {
  const std::scoped_lock lock(mutex());
  if (removed_.size() < kMaxRemovals) {
    removed_.push_back(contact_id);
  } else {
    statistics().dropped.add();
  }
}

void WriteBack::take_changes() {
  if (std::exchange(scan_, false)) scan_at_ = 0;
  aors_ = std::exchange(changed_, {});
  removals_ = std::exchange(removed_, {});
}

void WriteBack::fill(Batch& batch) {
  take_some(removals_, kBatch,
            [&batch](std::uint64_t id) { batch.removed.emplace_back(static_cast<std::int64_t>(id)); });
  if (scan_at_) {
    take_rows_of_partitions(batch);
  } else {
    take_rows_of_aors(batch);
  }
}

void WriteBack::take_rows_of_aors(Batch& batch) {
  take_some(aors_, kBatch, [&](const std::string& aor) {
    table_.take_unwritten(
        aor, [&](const AorRecord& record, const Contact& contact) { row_.write(aor, record, contact, batch.rows); });
  });
}

void WriteBack::take_rows_of_partitions(Batch& batch) {
  const std::size_t enough = kBatch * row_width();
  while (scan_at_ && batch.rows.size() < enough) {
    const bool all = table_.take_unwritten_in(
        *scan_at_, kRowsALock, [&](std::string_view aor, const AorRecord& record, const Contact& contact) {
          row_.write(aor, record, contact, batch.rows);
        });
    if (all && ++*scan_at_ == LocationTable::partitions()) scan_at_.reset();
  }
}

}  // namespace carillon::usrloc
