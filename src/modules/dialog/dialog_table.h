// SPDX-License-Identifier: Apache-2.0
// The dialogs of one shard: by their name and by their Call-ID.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "modules/dialog/dialog.h"

namespace carillon::dialog {

// Inside the shard.
class DialogTable {
 public:
  [[nodiscard]] std::size_t size() const { return by_id_.size(); }
  [[nodiscard]] Dialog* find(DialogId id) const;
  // The first one of a call, and the one behind `dialog`; null when there is none. Nearly always there is one.
  [[nodiscard]] Dialog* find(std::string_view call_id) const;
  [[nodiscard]] static Dialog* next(const Dialog& dialog) { return dialog.same_call_; }

  // Its name must be new.
  Dialog& insert(std::unique_ptr<Dialog> dialog);
  void erase(Dialog& dialog);
  void clear();

  // Copies, so that who works through them may let others in between.
  [[nodiscard]] std::vector<DialogId> ids() const;
  template <typename F>
  void for_each(F use) const {
    for (const auto& [id, dialog] : by_id_) use(*dialog);
  }

  // A number that no dialog here has: the shard stands in its lowest byte, so that its name leads to it.
  [[nodiscard]] std::uint32_t new_number(shard::ShardId shard);

 private:
  struct IdHash {
    [[nodiscard]] std::size_t operator()(std::uint64_t id) const;
  };

  absl::flat_hash_map<std::uint64_t, std::unique_ptr<Dialog>, IdHash> by_id_;
  absl::flat_hash_map<std::string_view, Dialog*> by_call_;  // keys are those of the dialogs
  std::uint32_t last_number_ = 0;
};

}  // namespace carillon::dialog
