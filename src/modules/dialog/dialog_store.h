// SPDX-License-Identifier: Apache-2.0
// The rows of dialogs on their way to the database.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "module/write_back.h"
#include "modules/dialog/dialog_row.h"

namespace carillon::dialog {

// Of each dialog the last row, or that it has none any more: one that changes ten times is written once, one that ends
// before it was written not at all. What waits is bounded.
class DialogStore final : public module::WriteBack {
 public:
  explicit DialogStore(Parts parts) : WriteBack(std::move(parts)) {}
  ~DialogStore() override { end(); }

  // Any thread. False: too much waits; ask again later.
  [[nodiscard]] bool put(std::uint64_t id, std::vector<storage::Value> row);
  void remove(std::uint64_t id);

 private:
  static constexpr std::size_t kMaxRows = 100'000;
  static constexpr std::size_t kMaxRemovals = 2'000'000;

  using Row = std::optional<std::vector<storage::Value>>;  // nothing: to be removed

  [[nodiscard]] bool has_changes() const override { return !changes_.empty(); }
  void take_changes() override;
  [[nodiscard]] bool has_taken() const override { return !taken_.empty(); }
  void fill(Batch& batch) override;

  std::vector<std::pair<std::uint64_t, Row>> taken_;  // of whoever has the turn

  absl::flat_hash_map<std::uint64_t, Row> changes_;
  std::size_t rows_ = 0;  // of them
};

}  // namespace carillon::dialog
