// SPDX-License-Identifier: Apache-2.0
// The file of `carillon db dump`: lines of JSON, the same for every kind of database.
//
//   {"carillon_dump":1,"tables":["acc","subscriber"]}
//   {"table":"subscriber","version":8,"columns":["id","username"]}
//   [1,"alice"]
//   {"rows":1}
//
// A cell is null, a number, a text, or an object of one member: {"b":"base64"} bytes, {"t":"base64"} text that isn't
// UTF-8, {"d":"2026-01-31 23:59:59"} a moment.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "storage/table_spec.h"
#include "storage/value.h"

namespace carillon::server::dump {

inline constexpr std::size_t kMaxLine = std::size_t{64} << 20;

[[nodiscard]] std::string first_line(const std::vector<std::string>& tables);
[[nodiscard]] std::string table_line(std::string_view table, std::uint32_t version,
                                     const std::vector<std::string>& columns);
[[nodiscard]] std::string row_line(const std::vector<storage::Value>& cells);
[[nodiscard]] std::string last_line(std::uint64_t rows);

struct First {
  std::vector<std::string> tables;
};
struct Table {
  std::string name;
  std::uint32_t version = 0;
  std::vector<std::string> columns;  // none when it has no rows
};
struct Row {
  std::vector<storage::Value> cells;
};
struct Last {
  std::uint64_t rows = 0;  // of all tables
};
using Item = std::variant<First, Table, Row, Last>;

[[nodiscard]] base::Result<Item> read_line(std::string_view line);

// Null when the table or the column isn't one of ours.
[[nodiscard]] const storage::Column* find_column(const storage::TableSpec* table, std::string_view name);

// The value as the column's type has it, where nothing of it is lost; otherwise as it is. Databases differ in what they
// give back for a DATETIME, a BLOB, a FLOAT.
[[nodiscard]] storage::Value as_declared(storage::Value value, const storage::Column* column);

}  // namespace carillon::server::dump
