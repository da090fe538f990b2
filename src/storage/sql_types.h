// SPDX-License-Identifier: Apache-2.0
// What types of SQL hold, as databases spell them, so that a column can be found that holds less than it should. For
// `carillon db migrate`.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/driver.h"
#include "storage/sql.h"

namespace carillon::storage::sql {

// A column of a table that is there.
struct PresentColumn {
  std::string name;
  std::string type;             // "int(10) unsigned", "character varying(64)"
  std::string attributes = {};  // what follows it in its definition
};

// The statement that reads them: rows of a name and a type, or one whose second cell is the CREATE TABLE. Not for
// TypesFrom::Nowhere.
[[nodiscard]] std::string present_columns(const Dialect& dialect, std::string_view table);
// From what SHOW CREATE TABLE says.
[[nodiscard]] std::vector<PresentColumn> read_create_table(std::string_view text);

// Columns whose types are of another kind (a text for a number) or of none that is known here are none of them.
[[nodiscard]] std::vector<NarrowColumn> narrow_columns(const Dialect& dialect, const TableSpec& table,
                                                       std::span<const PresentColumn> present);
// One statement a column, or a single one where transactions don't hold tables.
[[nodiscard]] std::vector<std::string> widen(const Dialect& dialect, std::string_view table,
                                             std::span<const NarrowColumn> columns);

}  // namespace carillon::storage::sql
