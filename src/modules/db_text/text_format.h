// SPDX-License-Identifier: Apache-2.0
// Tables as dbtext files: `name(type[,attribute]) ...` in the first line, then a row a line, cells separated by colons.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/stored_table.h"
#include "storage/table_directory.h"

namespace carillon::db_text {

// The text of a whole file as a table; `known`, which may be empty, refines what the header tells. An error says
// "line N: what is wrong". Types: int, long (bigint), double, str (string), blob; attributes: null, auto.
[[nodiscard]] base::Result<storage::TableFormat::Loaded> parse_table(const std::string& name, std::string_view text,
                                                                     const storage::StoredSchema* known);

[[nodiscard]] std::string header_text(const storage::StoredSchema& schema);
// With its line end.
[[nodiscard]] std::string row_text(const storage::StoredRow& row);

// What the header has no place for (keys, defaults, lengths, dates) stands in `.<table>.schema` beside the file, where
// OpenSIPS doesn't look; a table without one has neither keys nor defaults.
class TextFormat final : public storage::TableFormat {
 public:
  explicit TextFormat(std::size_t buffer_bytes) : buffer_bytes_(buffer_bytes) {}

  [[nodiscard]] base::Result<Loaded> read(const std::string& directory, const std::string& name) const override;
  [[nodiscard]] base::Result<> write(const storage::StoredTable& table, const std::string& file) const override;
  [[nodiscard]] base::Result<storage::StoredSchema> prepare(const std::string& directory, const std::string& name,
                                                            storage::StoredSchema schema) const override;
  void forget(const std::string& directory, const std::string& name) const override;
  [[nodiscard]] std::optional<std::string> tail(const std::vector<storage::StoredRowPtr>& rows) const override;

 private:
  const std::size_t buffer_bytes_;
};

}  // namespace carillon::db_text
