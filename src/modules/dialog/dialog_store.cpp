// SPDX-License-Identifier: Apache-2.0
// See dialog_store.h.
#include "modules/dialog/dialog_store.h"

#include <iterator>
#include <mutex>
#include <span>

#include "base/log.h"
#include "storage/packed.h"

namespace carillon::dialog {

void DialogStore::use_journal(std::unique_ptr<storage::Journal> journal) {
  const std::scoped_lock lock(mutex());
  for (const storage::Journal::Entry& entry : journal->left()) {
    storage::Unpacker unpacker(entry.bytes);
    const auto id = static_cast<std::uint64_t>(unpacker.number());
    Row row;
    if (!unpacker.at_end()) row.emplace();
    while (unpacker.ok() && !unpacker.at_end()) row->push_back(unpacker.value());
    if (unpacker.ok() && (!row || row->size() == row_width())) add(id, std::move(row));
  }
  journal_ = std::move(journal);
  journal_->begin();
  for (const auto& [id, row] : changes_) note(id, row);
}

bool DialogStore::put(std::uint64_t id, std::vector<storage::Value> row) {
  const std::scoped_lock lock(mutex());
  if (rows_ >= kMaxRows && !changes_.contains(id)) return false;
  Row made(std::move(row));
  note(id, made);
  add(id, std::move(made));
  return true;
}

void DialogStore::remove(std::uint64_t id) {
  const std::scoped_lock lock(mutex());
  if (!changes_.contains(id) && changes_.size() >= kMaxRows + kMaxRemovals) {
    statistics().dropped.add();
    return;
  }
  note(id, {});
  add(id, {});
}

void DialogStore::add(std::uint64_t id, Row row) {
  Row& kept = changes_[id];
  rows_ -= kept ? 1 : 0;
  rows_ += row ? 1 : 0;
  kept = std::move(row);
}

void DialogStore::note(std::uint64_t id, const Row& row) {
  if (journal_ == nullptr) return;
  storage::Packer packer;
  packer.add(static_cast<std::int64_t>(id));
  if (row) {
    for (const storage::Value& value : *row) packer.add_value(value);
  }
  const storage::Journal::Entry entry{.id = ++last_number_, .bytes = packer.take()};
  const bool was_exposed = std::exchange(is_exposed_, !journal_->append({&entry, 1}));
  if (is_exposed_ && !was_exposed)
    log::warning("dialog: a kill of the server would lose calls now: the journal is full");
}

void DialogStore::take_changes() {
  taken_through_ = last_number_;
  taken_.reserve(changes_.size());
  for (auto& [id, row] : changes_) taken_.emplace_back(id, std::move(row));
  changes_.clear();
  rows_ = 0;
}

void DialogStore::on_written() {
  if (journal_ != nullptr) journal_->done(1, taken_through_);
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
