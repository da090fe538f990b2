// SPDX-License-Identifier: Apache-2.0
// Binding: numbers as numbers, everything else as its bytes; cells come back as text.
#include "modules/db_mysql/mysql_values.h"

#include <algorithm>
#include <variant>

#include "base/utf8.h"

namespace carillon::db_mysql {
namespace {

constexpr unsigned kBinaryCharset = 63;

storage::CellType cell_type(const MYSQL_FIELD& field) {
  using storage::CellType;
  switch (field.type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
      return CellType::Integer;
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
      return CellType::Real;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
      return field.decimals == 0 ? CellType::Integer : CellType::Text;  // a double would lose digits
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
    case MYSQL_TYPE_NEWDATE:
      return CellType::DateTime;
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_STRING:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_BIT:
      return field.charsetnr == kBinaryCharset ? CellType::Blob : CellType::Text;
    default:
      return CellType::Text;
  }
}

}  // namespace

Parameters::Parameters(std::span<const storage::Value* const> values) : binds_(values.size()) {
  for (std::size_t i = 0; i < values.size(); ++i) bind(binds_[i], *values[i]);
}

void Parameters::bind_bytes(MYSQL_BIND& bind, enum_field_types type, std::string_view bytes) {
  bind.buffer_type = type;
  bind.buffer = const_cast<char*>(bytes.data());  // the library only reads it
  bind.buffer_length = bytes.size();
}

void Parameters::bind(MYSQL_BIND& bind, const storage::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    bind.buffer_type = MYSQL_TYPE_LONGLONG;
    bind.buffer = const_cast<std::int64_t*>(number);
  } else if (const auto* real = std::get_if<double>(&value)) {
    bind.buffer_type = MYSQL_TYPE_DOUBLE;
    bind.buffer = const_cast<double*>(real);
  } else if (const auto* blob = std::get_if<storage::Blob>(&value)) {
    bind_bytes(bind, MYSQL_TYPE_BLOB, blob->bytes);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    // The server refuses a row for a byte that isn't UTF-8, and strangers send such bytes.
    bind_bytes(bind, MYSQL_TYPE_STRING, base::is_utf8(*text) ? *text : texts_.emplace_back(base::to_utf8(*text)));
  } else if (std::holds_alternative<storage::Null>(value)) {
    bind.buffer_type = MYSQL_TYPE_NULL;
  } else {
    bind_bytes(bind, MYSQL_TYPE_STRING, texts_.emplace_back(storage::to_text(value)));
  }
}

std::vector<storage::RowColumn> describe(std::span<const MYSQL_FIELD> fields) {
  std::vector<storage::RowColumn> columns;
  columns.reserve(fields.size());
  for (const MYSQL_FIELD& field : fields) {
    columns.push_back({.name = std::string(field.name, field.name_length), .type = cell_type(field)});
  }
  return columns;
}

bool Cells::fit(std::span<const MYSQL_FIELD> fields) const {
  if (row_.size() != fields.size()) return false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string_view name(fields[i].name, fields[i].name_length);
    if (row_.type(i) != cell_type(fields[i]) || row_.name(i) != name) return false;
  }
  return true;
}

Cells::Cells(std::span<const MYSQL_FIELD> fields, std::size_t column_bytes)
    : cells_(fields.size()), binds_(fields.size()), row_(describe(fields)) {
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    Cell& cell = cells_[i];
    cell.bytes.resize(std::max<std::size_t>(column_bytes, 64));
    binds_[i].buffer_type = row_.type(i) == storage::CellType::Blob ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
    binds_[i].buffer = cell.bytes.data();
    binds_[i].buffer_length = cell.bytes.size();
    binds_[i].length = &cell.length;
    binds_[i].is_null = &cell.is_null;
    binds_[i].error = &cell.truncated;
  }
}

bool Cells::complete(MYSQL_STMT* statement) {
  bool grown = false;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    Cell& cell = cells_[i];
    if (cell.is_null != 0) {
      row_.set(i, std::nullopt);
      continue;
    }
    if (cell.length > cell.bytes.size()) {
      cell.bytes.resize(cell.length);
      binds_[i].buffer = cell.bytes.data();
      binds_[i].buffer_length = cell.bytes.size();
      if (mysql_stmt_fetch_column(statement, &binds_[i], static_cast<unsigned>(i), 0) != 0) return false;
      grown = have_grown_ = true;
    }
    row_.set(i, std::string_view(cell.bytes.data(), cell.length));
  }
  return !grown || mysql_stmt_bind_result(statement, binds_.data()) == 0;
}

}  // namespace carillon::db_mysql
