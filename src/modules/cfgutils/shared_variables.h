// SPDX-License-Identifier: Apache-2.0
// $shv: variables that all runs share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "script/declaration.h"
#include "script/value.h"
#include "shard/partitioned_table.h"

namespace carillon::cfgutils {

// Any thread; each operation is one step for all others. A variable that nobody has set is the number 0.
class SharedVariables {
 public:
  struct Limits {
    std::size_t variables;
    std::size_t bytes;  // of one text
  };
  // What one holds; a number may have its text beside it.
  struct Stored {
    std::optional<std::int64_t> number = 0;
    std::optional<std::string> text = {};
  };

  SharedVariables(shard::Shards& shards, Limits limits) : limits_(limits), table_(shards) {}

  // Text is copied into `arena`.
  [[nodiscard]] script::Value read(std::string_view name, base::Arena& arena);
  // NULL makes it 0 again.
  [[nodiscard]] base::Result<> write(std::string_view name, const script::Value& value);
  [[nodiscard]] base::Result<> update(std::string_view name, script::Operator operation, const script::Value& operand,
                                      base::Arena& arena);

  // Nothing when nobody has set it.
  [[nodiscard]] std::optional<Stored> find(std::string_view name);
  // Sorted by name.
  [[nodiscard]] std::vector<std::pair<std::string, Stored>> all();

 private:
  using Table = shard::PartitionedTable<std::string, Stored>;

  [[nodiscard]] static script::Value value_of(const Stored* stored, base::Arena& arena);
  [[nodiscard]] base::Result<> put(Table::Entry& entry, const script::Value& value);

  const Limits limits_;
  Table table_;
};

}  // namespace carillon::cfgutils
