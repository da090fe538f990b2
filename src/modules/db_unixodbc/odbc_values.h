// SPDX-License-Identifier: Apache-2.0
// Values on their way to an ODBC driver, and cells on their way back.
#pragma once

#include <sql.h>
#include <sqlext.h>

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "storage/text_row.h"
#include "storage/value.h"

namespace carillon::db_unixodbc {

// Refers to the values, which must outlive it; it must outlive the execution.
class Parameters {
 public:
  explicit Parameters(std::span<const storage::Value* const> values) : values_(values), lengths_(values.size()) {}
  Parameters(const Parameters&) = delete;
  Parameters& operator=(const Parameters&) = delete;

  [[nodiscard]] bool bind(SQLHSTMT statement);

 private:
  [[nodiscard]] SQLRETURN bind_one(SQLHSTMT statement, std::size_t index);
  [[nodiscard]] SQLRETURN bind_bytes(SQLHSTMT statement, std::size_t index, bool is_text, std::string_view bytes);

  std::span<const storage::Value* const> values_;
  std::vector<SQLLEN> lengths_;
  std::deque<std::string> texts_;
  std::deque<SQL_TIMESTAMP_STRUCT> moments_;
};

class Cells {
 public:
  explicit Cells(SQLHSTMT statement);

  // The cells of the row that was fetched. False when the driver can't.
  [[nodiscard]] bool read(SQLHSTMT statement);
  [[nodiscard]] const storage::Row& row() const { return row_; }

 private:
  [[nodiscard]] bool read_cell(SQLHSTMT statement, std::size_t column);

  storage::TextRow row_;
  std::vector<std::vector<char>> buffers_;
};

}  // namespace carillon::db_unixodbc
