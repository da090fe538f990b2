// SPDX-License-Identifier: Apache-2.0
// A table as data: what a module declares, `carillon db create` makes and the start-up check compares.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace carillon::storage {

enum class ColumnType : std::uint8_t { Integer, BigInteger, Double, Char, Text, Blob, DateTime };

struct Column {
  std::string_view name;
  ColumnType type = ColumnType::Integer;
  std::uint32_t length = 0;  // characters of a Char; of Text and Blob a hint
  bool nullable = false;
  // As text, whatever the type ("0", "", "1900-01-01 00:00:01"); no default when has_default is false.
  bool has_default = false;
  std::string_view default_value = {};
  bool auto_increment = false;

  // constexpr modifiers, so that a table reads as in the reference: character("domain", 64).null()
  [[nodiscard]] constexpr Column null() const {
    Column changed = *this;
    changed.nullable = true;
    return changed;
  }
  [[nodiscard]] constexpr Column or_default(std::string_view value) const {
    Column changed = *this;
    changed.has_default = true;
    changed.default_value = value;
    return changed;
  }
};

// Columns are NOT NULL unless .null() is said.
[[nodiscard]] constexpr Column integer(std::string_view name) { return {.name = name, .type = ColumnType::Integer}; }
[[nodiscard]] constexpr Column big_integer(std::string_view name) {
  return {.name = name, .type = ColumnType::BigInteger};
}
[[nodiscard]] constexpr Column real(std::string_view name) { return {.name = name, .type = ColumnType::Double}; }
[[nodiscard]] constexpr Column character(std::string_view name, std::uint32_t length) {
  return {.name = name, .type = ColumnType::Char, .length = length};
}
[[nodiscard]] constexpr Column text(std::string_view name, std::uint32_t length = 0) {
  return {.name = name, .type = ColumnType::Text, .length = length};
}
[[nodiscard]] constexpr Column blob(std::string_view name, std::uint32_t length = 0) {
  return {.name = name, .type = ColumnType::Blob, .length = length};
}
[[nodiscard]] constexpr Column date_time(std::string_view name) { return {.name = name, .type = ColumnType::DateTime}; }
// The usual `id`: an integer primary key that the database counts up.
[[nodiscard]] constexpr Column auto_id(std::string_view name = "id") {
  return {.name = name, .type = ColumnType::Integer, .auto_increment = true};
}

enum class KeyKind : std::uint8_t { Primary, Unique, Index };

struct Key {
  KeyKind kind = KeyKind::Index;
  std::string_view columns;  // comma-separated, no spaces: "username,domain"
};

// Points at constants: declare columns and keys as constexpr arrays beside the module that owns the table.
struct TableSpec {
  std::string_view name;
  std::uint32_t version = 1;
  std::string_view group;  // the creation group, as `carillon db create` takes it: "acc", "usrloc"
  std::span<const Column> columns;
  std::span<const Key> keys;
};

// The `version` table itself: a row for each table with the version it has.
[[nodiscard]] const TableSpec& version_table();

}  // namespace carillon::storage
