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
#include "storage/journal.h"

namespace carillon::dialog {

// Of each dialog the last row, or that it has none any more: one that changes ten times is written once, one that ends
// before it was written not at all. What waits is bounded, and kept in a journal where there is one.
class DialogStore final : public module::WriteBack {
 public:
  explicit DialogStore(Parts parts) : WriteBack(std::move(parts)) {}
  ~DialogStore() override { end(); }

  // Before anything is put: what waits outlives a kill from now on, and what an earlier process has left waits, too.
  void use_journal(std::unique_ptr<storage::Journal> journal);

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
  void on_written() override;
  void add(std::uint64_t id, Row row);
  void note(std::uint64_t id, const Row& row);

  std::vector<std::pair<std::uint64_t, Row>> taken_;  // of whoever has the turn
  std::uint64_t taken_through_ = 0;                   // the number in the journal of the last of them

  absl::flat_hash_map<std::uint64_t, Row> changes_;
  std::size_t rows_ = 0;  // of them
  std::unique_ptr<storage::Journal> journal_;
  std::uint64_t last_number_ = 0;
  bool is_exposed_ = false;  // the journal is full, and that was said
};

}  // namespace carillon::dialog
