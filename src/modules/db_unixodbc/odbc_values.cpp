// SPDX-License-Identifier: Apache-2.0
// Binding by C types that every driver knows; cells come back as text, bytes as bytes.
#include "modules/db_unixodbc/odbc_values.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <variant>

#include "base/utf8.h"

namespace carillon::db_unixodbc {
namespace {

// Drivers take what is longer for a text of unlimited length.
constexpr std::size_t kLongText = 4000;
constexpr std::size_t kFirstBuffer = 256;

storage::CellType cell_type(SQLSMALLINT type) {
  using storage::CellType;
  switch (type) {
    case SQL_BIT:
    case SQL_TINYINT:
    case SQL_SMALLINT:
    case SQL_INTEGER:
    case SQL_BIGINT:
    case SQL_DECIMAL:  // what is no integer stays a text: a double would lose digits
    case SQL_NUMERIC:
      return CellType::Integer;
    case SQL_REAL:
    case SQL_FLOAT:
    case SQL_DOUBLE:
      return CellType::Real;
    case SQL_BINARY:
    case SQL_VARBINARY:
    case SQL_LONGVARBINARY:
      return CellType::Blob;
    case SQL_TYPE_TIMESTAMP:
    case SQL_TIMESTAMP:
      return CellType::DateTime;
    default:
      return CellType::Text;
  }
}

std::vector<storage::RowColumn> describe(SQLHSTMT statement) {
  SQLSMALLINT count = 0;
  SQLNumResultCols(statement, &count);
  std::vector<storage::RowColumn> columns;
  for (SQLSMALLINT i = 1; i <= count; ++i) {
    std::array<SQLCHAR, 256> name{};
    SQLSMALLINT length = 0;
    SQLSMALLINT type = 0;
    SQLULEN size = 0;
    SQLSMALLINT digits = 0;
    SQLSMALLINT nullable = 0;
    SQLDescribeCol(statement, static_cast<SQLUSMALLINT>(i), name.data(), static_cast<SQLSMALLINT>(name.size()), &length,
                   &type, &size, &digits, &nullable);
    columns.push_back({.name = reinterpret_cast<const char*>(name.data()), .type = cell_type(type)});
  }
  return columns;
}

SQL_TIMESTAMP_STRUCT timestamp(storage::DateTime moment) {
  const std::chrono::sys_seconds time{std::chrono::seconds(moment.unix_seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  return {.year = static_cast<SQLSMALLINT>(static_cast<int>(date.year())),
          .month = static_cast<SQLUSMALLINT>(static_cast<unsigned>(date.month())),
          .day = static_cast<SQLUSMALLINT>(static_cast<unsigned>(date.day())),
          .hour = static_cast<SQLUSMALLINT>(clock.hours().count()),
          .minute = static_cast<SQLUSMALLINT>(clock.minutes().count()),
          .second = static_cast<SQLUSMALLINT>(clock.seconds().count()),
          .fraction = 0};
}

// Neither NUL, at which drivers end a text, nor what isn't UTF-8.
std::string made_text(std::string_view text) {
  std::string result;
  for (const char c : base::to_utf8(text)) {
    if (c == '\0') {
      result += "\xef\xbf\xbd";  // U+FFFD
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

bool Parameters::bind(SQLHSTMT statement) {
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (!SQL_SUCCEEDED(bind_one(statement, i))) return false;
  }
  return true;
}

SQLRETURN Parameters::bind_bytes(SQLHSTMT statement, std::size_t index, bool is_text, std::string_view bytes) {
  const bool is_long = bytes.size() > kLongText;
  const SQLSMALLINT text_type = is_long ? SQL_LONGVARCHAR : SQL_VARCHAR;
  const SQLSMALLINT bytes_type = is_long ? SQL_LONGVARBINARY : SQL_VARBINARY;
  lengths_[index] = static_cast<SQLLEN>(bytes.size());
  return SQLBindParameter(statement, static_cast<SQLUSMALLINT>(index + 1), SQL_PARAM_INPUT,
                          is_text ? SQL_C_CHAR : SQL_C_BINARY, is_text ? text_type : bytes_type,
                          std::max<SQLULEN>(bytes.size(), 1), 0,
                          const_cast<char*>(bytes.data()),  // ODBC only reads it
                          static_cast<SQLLEN>(bytes.size()), &lengths_[index]);
}

SQLRETURN Parameters::bind_one(SQLHSTMT statement, std::size_t index) {
  const auto number = static_cast<SQLUSMALLINT>(index + 1);
  const storage::Value& value = *values_[index];
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    return SQLBindParameter(statement, number, SQL_PARAM_INPUT, SQL_C_SBIGINT, SQL_BIGINT, 20, 0,
                            const_cast<std::int64_t*>(integer), 0, nullptr);
  }
  if (const auto* real = std::get_if<double>(&value)) {
    return SQLBindParameter(statement, number, SQL_PARAM_INPUT, SQL_C_DOUBLE, SQL_DOUBLE, 15, 0,
                            const_cast<double*>(real), 0, nullptr);
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    const bool fits = !text->contains('\0') && base::is_utf8(*text);
    return bind_bytes(statement, index, true, fits ? *text : texts_.emplace_back(made_text(*text)));
  }
  if (const auto* blob = std::get_if<storage::Blob>(&value)) return bind_bytes(statement, index, false, blob->bytes);
  if (const auto* moment = std::get_if<storage::DateTime>(&value)) {
    constexpr SQLULEN kCharacters = 19;
    return SQLBindParameter(statement, number, SQL_PARAM_INPUT, SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, kCharacters,
                            0, &moments_.emplace_back(timestamp(*moment)), 0, nullptr);
  }
  lengths_[index] = SQL_NULL_DATA;
  return SQLBindParameter(statement, number, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 1, 0, nullptr, 0,
                          &lengths_[index]);
}

Cells::Cells(SQLHSTMT statement) : row_(describe(statement)), buffers_(row_.size()) {
  for (auto& buffer : buffers_) buffer.resize(kFirstBuffer);
}

bool Cells::read(SQLHSTMT statement) {
  for (std::size_t column = 0; column < row_.size(); ++column) {
    if (!read_cell(statement, column)) return false;
  }
  return true;
}

// A long cell comes in parts; each part of a text ends in a NUL that isn't part of it.
bool Cells::read_cell(SQLHSTMT statement, std::size_t column) {
  const bool is_text = row_.type(column) != storage::CellType::Blob;
  const std::size_t end = is_text ? 1 : 0;
  std::vector<char>& buffer = buffers_[column];
  std::size_t size = 0;
  while (true) {
    SQLLEN left = 0;
    const SQLRETURN code =
        SQLGetData(statement, static_cast<SQLUSMALLINT>(column + 1), is_text ? SQL_C_CHAR : SQL_C_BINARY,
                   buffer.data() + size, static_cast<SQLLEN>(buffer.size() - size), &left);
    if (code == SQL_NO_DATA) break;
    if (!SQL_SUCCEEDED(code)) return false;
    if (left == SQL_NULL_DATA) {
      row_.set(column, std::nullopt);
      return true;
    }
    const std::size_t room = buffer.size() - size - end;
    const bool unknown = left == SQL_NO_TOTAL;
    if (!unknown && static_cast<std::size_t>(left) <= room) {
      size += static_cast<std::size_t>(left);
      break;
    }
    size += room;
    buffer.resize(unknown ? buffer.size() * 2 : size + static_cast<std::size_t>(left) - room + end);
  }
  row_.set(column, std::string_view(buffer.data(), size));
  return true;
}

}  // namespace carillon::db_unixodbc
