// SPDX-License-Identifier: Apache-2.0
// A row whose cells arrived as text, which is how most database servers send them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/value.h"

namespace carillon::storage {

// What the database says a column is; its cells are text all the same.
enum class CellType : std::uint8_t { Integer, Real, Text, Blob, DateTime };

struct RowColumn {
  std::string name;
  CellType type = CellType::Text;
};

class TextRow final : public Row {
 public:
  explicit TextRow(std::vector<RowColumn> columns) : columns_(std::move(columns)), cells_(columns_.size()) {}

  // Nothing is NULL. The bytes must stay until they are replaced.
  void set(std::size_t column, std::optional<std::string_view> bytes) { cells_[column] = bytes; }
  [[nodiscard]] CellType type(std::size_t column) const { return columns_[column].type; }

  [[nodiscard]] std::size_t size() const override { return columns_.size(); }
  [[nodiscard]] std::string_view name(std::size_t column) const override;
  [[nodiscard]] bool is_null(std::size_t column) const override;
  [[nodiscard]] std::int64_t integer(std::size_t column) const override;
  [[nodiscard]] double real(std::size_t column) const override;
  [[nodiscard]] std::string_view text(std::size_t column) const override;
  [[nodiscard]] std::int64_t unix_seconds(std::size_t column) const override;
  [[nodiscard]] Value value(std::size_t column) const override;

 private:
  std::vector<RowColumn> columns_;
  std::vector<std::optional<std::string_view>> cells_;
};

}  // namespace carillon::storage
