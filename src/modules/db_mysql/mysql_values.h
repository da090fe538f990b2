// SPDX-License-Identifier: Apache-2.0
// Values on their way to the server, and cells on their way back.
#pragma once

#include <mysql.h>

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/text_row.h"
#include "storage/value.h"

namespace carillon::db_mysql {

// Refers to the values, which must outlive it.
class Parameters {
 public:
  explicit Parameters(std::span<const storage::Value* const> values);
  Parameters(const Parameters&) = delete;
  Parameters& operator=(const Parameters&) = delete;

  [[nodiscard]] MYSQL_BIND* binds() { return binds_.data(); }

 private:
  void bind(MYSQL_BIND& bind, const storage::Value& value);
  void bind_bytes(MYSQL_BIND& bind, enum_field_types type, std::string_view bytes);

  std::vector<MYSQL_BIND> binds_;
  std::deque<std::string> texts_;  // what had to be made of a value
};

[[nodiscard]] std::vector<storage::RowColumn> describe(std::span<const MYSQL_FIELD> fields);

// One row's cells, read again and again.
class Cells {
 public:
  Cells(std::span<const MYSQL_FIELD> fields, std::size_t column_bytes);
  Cells(Cells&&) = default;  // what the library was told stays where it is
  Cells& operator=(Cells&&) = default;

  // Whether it can take rows of these columns, too.
  [[nodiscard]] bool fit(std::span<const MYSQL_FIELD> fields) const;

  [[nodiscard]] MYSQL_BIND* binds() { return binds_.data(); }
  // A cell was longer than it is usual: they hold more memory than is worth keeping.
  [[nodiscard]] bool have_grown() const { return have_grown_; }
  // After a fetch: reads the rest of what was too long. False when the library can't.
  [[nodiscard]] bool complete(MYSQL_STMT* statement);
  [[nodiscard]] const storage::Row& row() const { return row_; }

 private:
  struct Cell {
    std::vector<char> bytes;
    unsigned long length = 0;
    my_bool is_null = 0;
    my_bool truncated = 0;
  };

  std::vector<Cell> cells_;
  std::vector<MYSQL_BIND> binds_;
  storage::TextRow row_;
  bool have_grown_ = false;
};

}  // namespace carillon::db_mysql
