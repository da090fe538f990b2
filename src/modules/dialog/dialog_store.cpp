// SPDX-License-Identifier: Apache-2.0
// See dialog_store.h.
#include "modules/dialog/dialog_store.h"

#include <iterator>
#include <mutex>

namespace carillon::dialog {

bool DialogStore::put(std::uint64_t id, std::vector<storage::Value> row) {
  const std::scoped_lock lock(mutex());
  if (rows_ >= kMaxRows && !changes_.contains(id)) return false;
  Row& kept = changes_[id];
  if (!kept) ++rows_;
  kept = std::move(row);
  return true;
}

void DialogStore::remove(std::uint64_t id) {
  const std::scoped_lock lock(mutex());
  const auto found = changes_.find(id);
  if (found != changes_.end()) {
    if (found->second) --rows_;
    found->second.reset();
  } else if (changes_.size() < kMaxRows + kMaxRemovals) {
    changes_.emplace(id, Row());
  } else {
    statistics().dropped.add();
  }
}

void DialogStore::take_changes() {
  taken_.reserve(changes_.size());
  for (auto& [id, row] : changes_) taken_.emplace_back(id, std::move(row));
  changes_.clear();
  rows_ = 0;
}

void DialogStore::fill(Batch& batch) {
  for (std::size_t count = 0; count < kBatch && !taken_.empty(); ++count) {
    auto& [id, row] = taken_.back();
    if (row) {
      batch.rows.insert(batch.rows.end(), std::make_move_iterator(row->begin()), std::make_move_iterator(row->end()));
    } else {
      batch.removed.emplace_back(static_cast<std::int64_t>(id));
    }
    taken_.pop_back();
  }
}

}  // namespace carillon::dialog
