// SPDX-License-Identifier: Apache-2.0
// What is known of a table that a driver keeps in a file: its columns and keys, and their text beside the rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/driver.h"
#include "storage/table_spec.h"

namespace carillon::storage {

// A Column that owns its texts.
struct StoredColumn {
  std::string name;
  ColumnType type = ColumnType::Text;
  std::uint32_t length = 0;
  bool nullable = false;
  bool has_default = false;
  std::string default_value = {};
  bool auto_increment = false;
  friend bool operator==(const StoredColumn&, const StoredColumn&) = default;
};

struct StoredKey {
  KeyKind kind = KeyKind::Index;
  std::vector<std::size_t> columns = {};  // positions
  friend bool operator==(const StoredKey&, const StoredKey&) = default;
};

struct StoredSchema {
  std::vector<StoredColumn> columns;
  std::vector<StoredKey> keys = {};
  // Made from a TableSpec, now or once. Otherwise nobody told the defaults: a column that isn't given and must not be
  // NULL becomes 0 or empty.
  bool complete = false;
  // The file can't tell empty text from NULL: where NULL is allowed, empty text is searched for and compared as NULL.
  bool empty_is_null = false;
  // What else the file says, for the format that reads and writes it; not part of text().
  std::map<std::string, std::string> notes = {};

  // An auto_increment column gets a unique key of its own.
  [[nodiscard]] static StoredSchema of(const TableSpec& table);
  [[nodiscard]] std::optional<std::size_t> find(std::string_view column) const;

  // Lines: `column NAME TYPE[(LENGTH)][ null][ auto][ default=TEXT]`, `key KIND COLUMN[,COLUMN...]`. Names hold neither
  // space nor comma; a default holds no line end.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] static base::Result<StoredSchema> parse(std::string_view text);

  // With columns renamed, and others behind the last.
  [[nodiscard]] base::Result<StoredSchema> changed(const TableChange& change) const;

  // Takes from `known` what a file's own header can't tell: types, lengths, defaults and keys of the columns that both
  // have. It is complete then.
  void refine(const StoredSchema& known);

  friend bool operator==(const StoredSchema&, const StoredSchema&) = default;
};

}  // namespace carillon::storage
