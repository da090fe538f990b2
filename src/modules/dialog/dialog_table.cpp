// SPDX-License-Identifier: Apache-2.0
// See dialog_table.h.
#include "modules/dialog/dialog_table.h"

#include <utility>

#include "base/assert.h"
#include "base/hash.h"
#include "base/random.h"

namespace carillon::dialog {

std::size_t DialogTable::IdHash::operator()(std::uint64_t id) const { return base::mix(id); }

Dialog* DialogTable::find(DialogId id) const {
  const auto found = by_id_.find(id.packed());
  return found == by_id_.end() ? nullptr : found->second.get();
}

Dialog* DialogTable::find(std::string_view call_id) const {
  const auto found = by_call_.find(call_id);
  return found == by_call_.end() ? nullptr : found->second;
}

Dialog& DialogTable::insert(std::unique_ptr<Dialog> dialog) {
  Dialog& inserted = *dialog;
  const bool is_new = by_id_.emplace(inserted.id.packed(), std::move(dialog)).second;
  CARILLON_ASSERT(is_new);
  const auto [first, alone] = by_call_.try_emplace(inserted.call_id, &inserted);
  if (!alone) inserted.same_call_ = std::exchange(first->second->same_call_, &inserted);
  return inserted;
}

void DialogTable::erase(Dialog& dialog) {
  const auto first = by_call_.find(dialog.call_id);
  CARILLON_ASSERT(first != by_call_.end());
  if (first->second == &dialog) {
    Dialog* const next = dialog.same_call_;
    by_call_.erase(first);
    if (next != nullptr) by_call_.emplace(next->call_id, next);
  } else {
    Dialog* before = first->second;
    while (before->same_call_ != &dialog) before = before->same_call_;
    before->same_call_ = dialog.same_call_;
  }
  by_id_.erase(dialog.id.packed());
}

void DialogTable::clear() {
  by_call_.clear();
  by_id_.clear();
}

std::vector<DialogId> DialogTable::ids() const {
  std::vector<DialogId> all;
  all.reserve(by_id_.size());
  for (const auto& [id, dialog] : by_id_) all.push_back(dialog->id);
  return all;
}

std::uint32_t DialogTable::new_number(shard::ShardId shard) {
  if (last_number_ == 0) last_number_ = static_cast<std::uint32_t>(base::random_u64());
  last_number_ = ((last_number_ & ~0xffU) + 0x100U) | (shard & 0xffU);
  if (last_number_ == 0) last_number_ = 0x100U;
  return last_number_;
}

}  // namespace carillon::dialog
