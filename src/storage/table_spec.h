// SPDX-License-Identifier: Apache-2.0
// A table as data: what a module declares, `carillon db create` makes and the start-up check compares.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace carillon::storage {

enum class ColumnType : std::uint8_t {
  TinyInteger,
  SmallInteger,
  Integer,
  BigInteger,
  Float,
  Double,
  Char,
  Text,
  Blob,
  DateTime
};

struct Column {
  std::string_view name;
  ColumnType type = ColumnType::Integer;
  // Characters of a Char; of the others a hint, 0 when there is none: characters of Text and Blob, digits of numbers.
  std::uint32_t length = 0;
  std::uint32_t decimals = 0;  // of these, behind the point of a Float
  bool is_unsigned = false;    // where a database knows that
  bool nullable = false;
  // As text, whatever the type ("0", "", "1900-01-01 00:00:01"); no default when has_default is false.
  bool has_default = false;
  std::string_view default_value = {};
  bool auto_increment = false;

  friend bool operator==(const Column&, const Column&) = default;

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
  [[nodiscard]] constexpr Column no_sign() const {
    Column changed = *this;
    changed.is_unsigned = true;
    return changed;
  }
};

// Columns are NOT NULL unless .null() is said.
[[nodiscard]] constexpr Column integer(std::string_view name) { return {.name = name, .type = ColumnType::Integer}; }
[[nodiscard]] constexpr Column tiny_integer(std::string_view name, std::uint32_t digits = 0) {
  return {.name = name, .type = ColumnType::TinyInteger, .length = digits};
}
[[nodiscard]] constexpr Column small_integer(std::string_view name, std::uint32_t digits = 0) {
  return {.name = name, .type = ColumnType::SmallInteger, .length = digits};
}
[[nodiscard]] constexpr Column big_integer(std::string_view name, std::uint32_t digits = 0) {
  return {.name = name, .type = ColumnType::BigInteger, .length = digits};
}
// FLOAT, or FLOAT(digits,decimals).
[[nodiscard]] constexpr Column floating(std::string_view name, std::uint32_t digits = 0, std::uint32_t decimals = 0) {
  return {.name = name, .type = ColumnType::Float, .length = digits, .decimals = decimals};
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

[[nodiscard]] constexpr Key primary_key(std::string_view columns) {
  return {.kind = KeyKind::Primary, .columns = columns};
}
[[nodiscard]] constexpr Key unique_key(std::string_view columns) {
  return {.kind = KeyKind::Unique, .columns = columns};
}
[[nodiscard]] constexpr Key index_key(std::string_view columns) { return {.kind = KeyKind::Index, .columns = columns}; }

// Points at constants: declare columns and keys as constexpr arrays beside the module that owns the table.
struct TableSpec {
  std::string_view name;
  std::uint32_t version = 1;
  std::string_view group;  // the creation group, as `carillon db create` takes it: "acc", "usrloc"
  std::span<const Column> columns;
  std::span<const Key> keys;
  // Versions of OpenSIPS 3.0 to 4.0 that are used as they are when they have the columns that the module reads.
  std::span<const std::uint32_t> older_versions = {};
};

// The `version` table itself: a row for each table with the version it has.
[[nodiscard]] const TableSpec& version_table();

}  // namespace carillon::storage
