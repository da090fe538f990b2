// SPDX-License-Identifier: Apache-2.0
// Cells that are held as Value, converted as storage::Row promises: for drivers that keep their tables themselves.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/table_spec.h"
#include "storage/value.h"

namespace carillon::storage {

[[nodiscard]] std::int64_t integer_of(const Value& cell);
[[nodiscard]] double real_of(const Value& cell);
// Numbers and dates as they print.
[[nodiscard]] std::string text_of(const Value& cell);

// The same value as a column of that type holds it; an error (without the column's name) when it can't be one. Null
// stays Null. A date becomes seconds since 1970 in a column of numbers, and the other way round.
[[nodiscard]] base::Result<Value> as_type(ColumnType type, const Value& value);

// Hands over the rows of `rows` until `on_row` returns false.
void read_rows(const ResultSet& rows, const std::function<bool(const Row&)>& on_row);

// A row over cells that somebody else owns.
class CellsRow final : public Row {
 public:
  explicit CellsRow(std::vector<std::string_view> names)
      : names_(std::move(names)), cells_(names_.size(), nullptr), texts_(names_.size()) {}

  // Null pointers are NULL.
  void set(std::size_t column, const Value* cell) { cells_[column] = cell; }

  [[nodiscard]] std::size_t size() const override { return names_.size(); }
  [[nodiscard]] std::string_view name(std::size_t column) const override;
  [[nodiscard]] bool is_null(std::size_t column) const override;
  [[nodiscard]] std::int64_t integer(std::size_t column) const override { return integer_of(cell(column)); }
  [[nodiscard]] double real(std::size_t column) const override { return real_of(cell(column)); }
  [[nodiscard]] std::string_view text(std::size_t column) const override;
  // Of a column of numbers the number: files without dates keep them so.
  [[nodiscard]] std::int64_t unix_seconds(std::size_t column) const override;
  [[nodiscard]] Value value(std::size_t column) const override { return cell(column); }

 private:
  [[nodiscard]] const Value& cell(std::size_t column) const;

  std::vector<std::string_view> names_;
  std::vector<const Value*> cells_;
  mutable std::vector<std::string> texts_;  // of cells that are no text
};

}  // namespace carillon::storage
