// SPDX-License-Identifier: Apache-2.0
// See stored_schema.h.
#include "storage/stored_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/strings.h"

namespace carillon::storage {
namespace {

constexpr auto kTypes = std::to_array<std::pair<ColumnType, std::string_view>>({
    {ColumnType::TinyInteger, "tinyint"},
    {ColumnType::SmallInteger, "smallint"},
    {ColumnType::Integer, "int"},
    {ColumnType::BigInteger, "bigint"},
    {ColumnType::Float, "float"},
    {ColumnType::Double, "double"},
    {ColumnType::Char, "char"},
    {ColumnType::Text, "text"},
    {ColumnType::Blob, "blob"},
    {ColumnType::DateTime, "datetime"},
});
constexpr auto kKinds = std::to_array<std::pair<KeyKind, std::string_view>>({
    {KeyKind::Primary, "primary"},
    {KeyKind::Unique, "unique"},
    {KeyKind::Index, "index"},
});

template <typename Table, typename T>
std::string_view name_of(const Table& table, T value) {
  const auto found = std::ranges::find(table, value, [](const auto& entry) { return entry.first; });
  return found != table.end() ? found->second : std::string_view();
}

template <typename Table>
auto value_of(const Table& table, std::string_view name) {
  const auto found = std::ranges::find(table, name, [](const auto& entry) { return entry.second; });
  return found != table.end() ? std::optional(found->first) : std::nullopt;
}

// Positions of comma-separated names; nothing when one is unknown.
std::optional<std::vector<std::size_t>> positions(const StoredSchema& schema, std::string_view names) {
  std::vector<std::size_t> result;
  while (!names.empty()) {
    const auto column = schema.find(base::take_until(names, ','));
    if (!column) return std::nullopt;
    result.push_back(*column);
  }
  return result;
}

base::Result<StoredColumn> parse_column(std::string_view line) {
  StoredColumn column;
  if (const std::size_t at = line.find(" default="); at != std::string_view::npos) {
    column.has_default = true;
    column.default_value = line.substr(at + std::string_view(" default=").size());
    line = line.substr(0, at);
  }
  column.name = base::take_until(line, ' ');
  std::string_view type = base::take_until(line, ' ');
  std::string_view length;
  if (const std::size_t open = type.find('('); open != std::string_view::npos && type.ends_with(')')) {
    length = type.substr(open + 1, type.size() - open - 2);
    type = type.substr(0, open);
  }
  const auto known = value_of(kTypes, type);
  const auto size = length.empty() ? std::optional(0U) : base::parse_number<std::uint32_t>(length);
  if (column.name.empty() || !known || !size) return base::fail("a column is not understood");
  column.type = *known;
  column.length = *size;
  while (!line.empty()) {
    const std::string_view attribute = base::take_until(line, ' ');
    if (attribute == "null") {
      column.nullable = true;
    } else if (attribute == "auto") {
      column.auto_increment = true;
    } else {
      return base::fail("an attribute is not understood");
    }
  }
  return column;
}

StoredColumn stored(const Column& column) {
  return {.name = std::string(column.name),
          .type = column.type,
          .length = column.length,
          .nullable = column.nullable,
          .has_default = column.has_default,
          .default_value = std::string(column.default_value),
          .auto_increment = column.auto_increment};
}

}  // namespace

StoredSchema StoredSchema::of(const TableSpec& table) {
  StoredSchema schema;
  schema.complete = true;
  for (const Column& column : table.columns) {
    schema.columns.push_back(stored(column));
    if (column.auto_increment) schema.keys.push_back({KeyKind::Primary, {schema.columns.size() - 1}});
  }
  for (const Key& key : table.keys) {
    StoredKey stored{key.kind, positions(schema, key.columns).value_or(std::vector<std::size_t>{})};
    const auto same = std::ranges::find(schema.keys, stored.columns, &StoredKey::columns);
    if (!stored.columns.empty() && same == schema.keys.end()) schema.keys.push_back(std::move(stored));
  }
  return schema;
}

std::optional<std::size_t> StoredSchema::find(std::string_view column) const {
  const auto found = std::ranges::find(columns, column, &StoredColumn::name);
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

std::string StoredSchema::text() const {
  std::string result;
  for (const StoredColumn& column : columns) {
    result += fmt::format("column {} {}", column.name, name_of(kTypes, column.type));
    if (column.length != 0) result += fmt::format("({})", column.length);
    if (column.nullable) result += " null";
    if (column.auto_increment) result += " auto";
    if (column.has_default) result += " default=" + column.default_value;
    result += '\n';
  }
  for (const StoredKey& key : keys) {
    result += fmt::format("key {} ", name_of(kKinds, key.kind));
    for (std::size_t i = 0; i < key.columns.size(); ++i) result += (i == 0 ? "" : ",") + columns[key.columns[i]].name;
    result += '\n';
  }
  return result;
}

base::Result<StoredSchema> StoredSchema::parse(std::string_view text) {
  StoredSchema schema;
  schema.complete = true;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = base::take_until(text, '\n');
    const std::string_view word = base::take_until(line, ' ');
    if (word == "column") {
      auto column = parse_column(line);
      if (!column) return base::fail(fmt::format("line {}: {}", number, column.error().message));
      if (schema.find(column->name)) return base::fail(fmt::format("line {}: a column is there twice", number));
      schema.columns.push_back(std::move(*column));
    } else if (word == "key") {
      const auto kind = value_of(kKinds, base::take_until(line, ' '));
      auto columns = positions(schema, line);
      if (!kind || !columns || columns->empty()) return base::fail(fmt::format("line {}: the key is wrong", number));
      schema.keys.push_back({*kind, std::move(*columns)});
    } else if (!word.empty()) {
      return base::fail(fmt::format("line {}: neither a column nor a key", number));
    }
  }
  return schema;
}

base::Result<StoredSchema> StoredSchema::changed(const TableChange& change) const {
  StoredSchema result = *this;
  for (const TableChange::Renamed& renamed : change.renamed) {
    const auto column = result.find(renamed.from);
    if (!column) return base::fail(fmt::format("table '{}' has no column '{}'", change.table, renamed.from));
    result.columns[*column].name = renamed.to;
  }
  for (const Column* column : change.added) {
    if (result.find(column->name)) {
      return base::fail(fmt::format("table '{}' has a column '{}' already", change.table, column->name));
    }
    result.columns.push_back(stored(*column));
  }
  return result;
}

void StoredSchema::refine(const StoredSchema& known) {
  complete = true;
  for (StoredColumn& column : columns) {
    const auto at = known.find(column.name);
    if (!at) {
      complete = false;  // somebody added it by hand
      continue;
    }
    const bool nullable = column.nullable;
    column = known.columns[*at];
    column.nullable = nullable;
  }
  for (const StoredKey& key : known.keys) {
    StoredKey mine{key.kind, {}};
    for (const std::size_t position : key.columns) {
      if (const auto column = find(known.columns[position].name)) mine.columns.push_back(*column);
    }
    if (mine.columns.size() == key.columns.size()) keys.push_back(std::move(mine));
  }
}

}  // namespace carillon::storage
