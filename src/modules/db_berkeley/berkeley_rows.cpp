// SPDX-License-Identifier: Apache-2.0
// See berkeley_rows.h.
#include "modules/db_berkeley/berkeley_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "storage/cells.h"

namespace carillon::db_berkeley {
namespace {

using storage::ColumnType;
using storage::StoredColumn;
using storage::StoredRow;
using storage::StoredSchema;
using storage::Value;

constexpr char kEscape = '\x1a';
constexpr std::string_view kNull = "NULL";
constexpr std::string_view kEmptyText = "''";  // as OpenSIPS's defaults spell it

bool is_text(ColumnType type) {
  return type == ColumnType::Char || type == ColumnType::Text || type == ColumnType::Blob;
}

ColumnType type_of(std::string_view name) {
  if (base::iequals(name, "int")) return ColumnType::BigInteger;
  if (base::iequals(name, "double")) return ColumnType::Double;
  if (base::iequals(name, "datetime")) return ColumnType::DateTime;
  return ColumnType::Text;
}

std::string_view name_of(ColumnType type) {
  if (is_text(type)) return "str";
  if (type == ColumnType::DateTime) return "datetime";
  return type == ColumnType::Double || type == ColumnType::Float ? "double" : "int";
}

// name(type), separated by spaces.
base::Result<std::vector<StoredColumn>> parse_columns(std::string_view text) {
  std::vector<StoredColumn> columns;
  for (text = base::trim(text); !text.empty(); text = base::trim(text)) {
    const std::size_t end = std::min(text.find_first_of(" \t\r\n"), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end);
    const std::size_t open = word.find('(');
    if (open == 0 || open == std::string_view::npos || !word.ends_with(')')) {
      return base::fail(fmt::format("{}: a column must look like name(type)", kColumns));
    }
    StoredColumn column{.name = std::string(word.substr(0, open)),
                        .type = type_of(word.substr(open + 1, word.size() - open - 2)),
                        .nullable = true};
    if (std::ranges::find(columns, column.name, &StoredColumn::name) != columns.end()) {
      return base::fail(fmt::format("{}: column '{}' is there twice", kColumns, column.name));
    }
    columns.push_back(std::move(column));
  }
  if (columns.empty()) return base::fail(fmt::format("{} is missing or empty", kColumns));
  return columns;
}

std::string_view without_quotes(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == '\'' && text.back() == '\'';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

// NIL: no default.
void parse_defaults(std::string_view text, StoredSchema& schema) {
  text = base::trim(text);
  for (StoredColumn& column : schema.columns) {
    const std::string_view value = base::take_until(text, '|');
    if (value.empty() || value == "NIL" || value == kNull) continue;
    column.has_default = true;
    column.default_value = without_quotes(value);
    if (!storage::as_type(column.type, column.default_value)) column.has_default = false;
  }
}

std::string default_text(const StoredColumn& column) {
  if (!column.has_default) return column.nullable ? std::string(kNull) : "NIL";
  const bool quoted = is_text(column.type) || column.type == ColumnType::DateTime;
  return quoted ? "'" + column.default_value + "'" : column.default_value;
}

int hex_digit(char c) {
  if (base::is_digit(c)) return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void escape(std::string& to, std::string_view text) {
  const bool ambiguous = text == kNull || text == kEmptyText;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '|' || c == '\0' || c == kEscape || (ambiguous && i == 0)) {
      to += fmt::format("{}{:02x}", kEscape, static_cast<unsigned char>(c));
    } else {
      to += c;
    }
  }
}

std::string unescape(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == kEscape && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      result += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

void append_cell(std::string& to, const Value& cell) {
  if (std::holds_alternative<storage::Null>(cell)) {
    to += kNull;
  } else {
    escape(to, storage::text_of(cell));
  }
}

Value parse_cell(const StoredColumn& column, std::string_view text) {
  if (text == kNull) return storage::Null{};
  if (is_text(column.type)) {
    if (text == kEmptyText) text = {};
    return storage::as_type(column.type, unescape(text)).value_or(storage::Null{});
  }
  // OpenSIPS leaves NIL or nothing where it wasn't given a number.
  return storage::as_type(column.type, std::string(without_quotes(text))).value_or(storage::Null{});
}

}  // namespace

base::Result<StoredSchema> schema_of(const Metadata& metadata) {
  const auto text_at = [&metadata](std::string_view key) {
    const auto found = metadata.find(std::string(key));
    return found != metadata.end() ? std::string_view(found->second) : std::string_view();
  };
  auto columns = parse_columns(text_at(kColumns));
  if (!columns) return std::unexpected(std::move(columns.error()));
  StoredSchema schema{.columns = std::move(*columns), .notes = metadata};
  parse_defaults(text_at(kDefaults), schema);
  if (!text_at(kOurs).empty()) {
    auto known = StoredSchema::parse(text_at(kOurs));
    if (!known) return base::fail(fmt::format("{}, {}", kOurs, known.error().message));
    for (StoredColumn& column : schema.columns) {
      if (const auto at = known->find(column.name)) column.nullable = known->columns[*at].nullable;
    }
    schema.refine(*known);
  }
  if (auto keys = key_columns(schema); !keys) return std::unexpected(std::move(keys.error()));
  return schema;
}

Metadata metadata_of(const StoredSchema& schema) {
  std::string columns;
  std::string defaults;
  for (const StoredColumn& column : schema.columns) {
    if (!columns.empty()) {
      columns += ' ';
      defaults += '|';
    }
    columns += fmt::format("{}({})", column.name, name_of(column.type));
    defaults += default_text(column);
  }
  // The first key that isn't just counted up; OpenSIPS has no use for such a one.
  const storage::StoredKey* key = nullptr;
  for (const storage::StoredKey& candidate : schema.keys) {
    if (candidate.kind == storage::KeyKind::Index) continue;
    const bool counted = std::ranges::any_of(
        candidate.columns, [&schema](std::size_t column) { return schema.columns[column].auto_increment; });
    if (!counted) {
      key = &candidate;
      break;
    }
    if (key == nullptr) key = &candidate;
  }
  std::string positions = key == nullptr ? "0 " : "";
  if (key != nullptr) {
    for (const std::size_t column : key->columns) positions += fmt::format("{} ", column);
  }
  return {{std::string(kColumns), columns}, {std::string(kKey), positions},     {std::string(kReadOnly), "0"},
          {std::string(kLogFlags), "0"},    {std::string(kDefaults), defaults}, {std::string(kOurs), schema.text()}};
}

base::Result<std::vector<std::size_t>> key_columns(const StoredSchema& schema) {
  std::vector<std::size_t> result;
  const auto found = schema.notes.find(std::string(kKey));
  std::string_view text = found != schema.notes.end() ? std::string_view(found->second) : std::string_view();
  for (text = base::trim(text); !text.empty(); text = base::trim(text)) {
    const std::size_t end = std::min(text.find_first_of(" \t\r\n"), text.size());
    const auto position = base::parse_number<std::size_t>(text.substr(0, end));
    text.remove_prefix(end);
    if (!position || *position >= schema.columns.size()) {
      return base::fail(fmt::format("{}: the number of a column is expected", kKey));
    }
    result.push_back(*position);
  }
  if (result.empty()) return base::fail(fmt::format("{} is missing or empty", kKey));
  return result;
}

std::string row_text(const StoredRow& row) {
  std::string text;
  bool first = true;
  for (const Value& cell : row) {
    if (!std::exchange(first, false)) text += '|';
    append_cell(text, cell);
  }
  return text;
}

std::string key_text(const StoredRow& row, const std::vector<std::size_t>& columns) {
  std::string text;
  for (const std::size_t column : columns) {
    append_cell(text, row[column]);
    text += '|';
  }
  return text;
}

base::Result<StoredRow> parse_row(const StoredSchema& schema, std::string_view text) {
  while (text.ends_with('\0')) text.remove_suffix(1);  // the end of a C string
  const auto pipes = static_cast<std::size_t>(std::ranges::count(text, '|'));
  const std::size_t width = schema.columns.size();
  // A pipe may stand behind the last cell too.
  if (pipes + 1 != width && !(pipes == width && text.ends_with('|'))) {
    return base::fail(fmt::format("it has {} of {} cells", pipes + 1, width));
  }
  StoredRow row;
  row.reserve(width);
  for (const StoredColumn& column : schema.columns) {
    Value cell = parse_cell(column, base::take_until(text, '|'));
    const bool missing = std::holds_alternative<storage::Null>(cell) && !column.nullable;
    if (missing) return base::fail(fmt::format("column '{}' is no value of its type", column.name));
    row.push_back(std::move(cell));
  }
  return row;
}

}  // namespace carillon::db_berkeley
