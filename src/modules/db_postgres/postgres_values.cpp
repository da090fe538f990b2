// SPDX-License-Identifier: Apache-2.0
// Texts made fit for a server that takes neither NUL nor anything but UTF-8 in them.
#include "modules/db_postgres/postgres_values.h"

#include <cmath>
#include <cstdint>
#include <variant>

#include "base/utf8.h"

namespace carillon::db_postgres {
namespace {

// pg_type.dat: these never change.
constexpr Oid kBool = 16;
constexpr Oid kBytea = 17;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
constexpr Oid kOid = 26;
constexpr Oid kFloat4 = 700;
constexpr Oid kFloat8 = 701;
constexpr Oid kTimestamp = 1114;
constexpr Oid kTimestampWithZone = 1184;
constexpr Oid kNumeric = 1700;

storage::CellType cell_type(Oid type) {
  using storage::CellType;
  switch (type) {
    case kBool:
    case kInt8:
    case kInt2:
    case kInt4:
    case kOid:
    case kNumeric:  // what is no integer stays a text: a double would lose digits
      return CellType::Integer;
    case kFloat4:
    case kFloat8:
      return CellType::Real;
    case kBytea:
      return CellType::Blob;
    case kTimestamp:
    case kTimestampWithZone:
      return CellType::DateTime;
    default:
      return CellType::Text;
  }
}

std::vector<storage::RowColumn> describe(const PGresult* result) {
  std::vector<storage::RowColumn> columns;
  for (int i = 0; i < PQnfields(result); ++i) {
    columns.push_back({.name = PQfname(result, i), .type = cell_type(PQftype(result, i))});
  }
  return columns;
}

bool fits_text(std::string_view text) { return !text.contains('\0') && base::is_utf8(text); }

std::string made_text(std::string_view text) {
  std::string result;
  for (const char c : base::to_utf8(text)) {
    if (c == '\0') {
      result += "\xef\xbf\xbd";  // U+FFFD, as for the other bytes that a text can't hold
    } else {
      result += c;
    }
  }
  return result;
}

unsigned hex_digit(char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10); }

// "\x00ff", which is how a bytea is written since PostgreSQL 9.0.
void decode_bytea(std::string_view text, std::string& bytes) {
  bytes.clear();
  if (text.starts_with("\\x")) text.remove_prefix(2);
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(hex_digit(text[i]) * 16 + hex_digit(text[i + 1]));
  }
}

}  // namespace

Parameters::Parameters(std::span<const storage::Value* const> values, std::span<const Oid> types) {
  values_.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) add(*values[i], i < types.size() ? types[i] : 0);
}

void Parameters::add_text(std::string_view text) {
  // libpq reads a text up to its NUL: one that is part of something larger is copied.
  const std::string& made = texts_.emplace_back(fits_text(text) ? std::string(text) : made_text(text));
  values_.push_back(made.c_str());
  lengths_.push_back(0);
  formats_.push_back(0);
}

void Parameters::add_bytes(std::string_view bytes) {
  values_.push_back(bytes.data() != nullptr ? bytes.data() : "");
  lengths_.push_back(static_cast<int>(bytes.size()));
  formats_.push_back(1);
}

void Parameters::add(const storage::Value& value, Oid wanted) {
  const auto* text = std::get_if<std::string>(&value);
  const auto* blob = std::get_if<storage::Blob>(&value);
  const auto* real = std::get_if<double>(&value);
  types_.push_back(wanted == 0 && blob != nullptr ? kBytea : wanted);
  const bool is_bytea = types_.back() == kBytea;
  if (std::holds_alternative<storage::Null>(value)) {
    values_.push_back(nullptr);
    lengths_.push_back(0);
    formats_.push_back(0);
  } else if (blob != nullptr) {
    is_bytea ? add_bytes(blob->bytes) : add_text(blob->bytes);
  } else if (text != nullptr) {
    is_bytea ? add_bytes(*text) : add_text(*text);
  } else if (real != nullptr && (wanted == kInt2 || wanted == kInt4 || wanted == kInt8)) {
    add_text(std::to_string(std::llround(*real)));
  } else {
    add_text(storage::to_text(value));
  }
}

Cells::Cells(const PGresult* first) : row_(describe(first)), decoded_(row_.size()) {
  for (std::size_t i = 0; i < row_.size(); ++i) types_.push_back(PQftype(first, static_cast<int>(i)));
}

const storage::Row& Cells::row(const PGresult* result, int number) {
  for (std::size_t i = 0; i < row_.size(); ++i) {
    const int column = static_cast<int>(i);
    if (PQgetisnull(result, number, column) != 0) {
      row_.set(i, std::nullopt);
      continue;
    }
    std::string_view text(PQgetvalue(result, number, column),
                          static_cast<std::size_t>(PQgetlength(result, number, column)));
    if (types_[i] == kBytea) {
      decode_bytea(text, decoded_[i]);
      text = decoded_[i];
    } else if (types_[i] == kBool) {
      text = text == "t" ? "1" : "0";
    }
    row_.set(i, text);
  }
  return row_;
}

}  // namespace carillon::db_postgres
