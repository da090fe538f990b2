// SPDX-License-Identifier: Apache-2.0
// See cells.h.
#include "storage/cells.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/strings.h"

namespace carillon::storage {
namespace {

constinit const Value kNull = Null{};

// The whole text as a number with or without a fraction.
std::optional<double> parse_real(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> whole(double number) {
  constexpr double kBeyond = 9223372036854775808.0;
  if (!(number >= -kBeyond && number < kBeyond)) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

std::string_view bytes_of(const Value& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  if (const auto* blob = std::get_if<Blob>(&cell)) return blob->bytes;
  return {};
}

base::Result<Value> as_integer(const Value& value) {
  if (std::holds_alternative<std::int64_t>(value)) return value;
  if (const auto* moment = std::get_if<DateTime>(&value)) return moment->unix_seconds;
  if (const auto* real = std::get_if<double>(&value)) {
    const auto number = whole(*real);
    if (number) return *number;
    return base::fail("the number is out of range");
  }
  const std::string_view text = base::trim(bytes_of(value));
  if (const auto number = base::parse_number<std::int64_t>(text)) return *number;
  if (const auto seconds = parse_date_time(text)) return *seconds;
  return base::fail("a number is expected");
}

base::Result<Value> as_real(const Value& value) {
  if (std::holds_alternative<double>(value)) return value;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return static_cast<double>(*number);
  if (const auto* moment = std::get_if<DateTime>(&value)) return static_cast<double>(moment->unix_seconds);
  if (const auto number = parse_real(base::trim(bytes_of(value)))) return *number;
  return base::fail("a number is expected");
}

base::Result<Value> as_date_time(const Value& value) {
  if (std::holds_alternative<DateTime>(value)) return value;
  const auto* number = std::get_if<std::int64_t>(&value);
  if (number != nullptr && is_date(*number)) return DateTime{*number};
  const std::string_view text = base::trim(bytes_of(value));
  if (const auto seconds = parse_date_time(text)) return DateTime{*seconds};
  if (const auto parsed = base::parse_number<std::int64_t>(text); parsed && is_date(*parsed)) return DateTime{*parsed};
  return base::fail("a date is expected");
}

}  // namespace

std::int64_t integer_of(const Value& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return *number;
  if (const auto* moment = std::get_if<DateTime>(&cell)) return moment->unix_seconds;
  if (const auto* real = std::get_if<double>(&cell)) return whole(*real).value_or(0);
  const std::string_view text = base::trim(bytes_of(cell));
  if (const auto number = base::parse_number<std::int64_t>(text)) return *number;
  return whole(parse_real(text).value_or(0)).value_or(0);
}

double real_of(const Value& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*number);
  if (const auto* real = std::get_if<double>(&cell)) return *real;
  if (const auto* moment = std::get_if<DateTime>(&cell)) return static_cast<double>(moment->unix_seconds);
  return parse_real(base::trim(bytes_of(cell))).value_or(0);
}

std::string text_of(const Value& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return std::to_string(*number);
  if (const auto* moment = std::get_if<DateTime>(&cell)) return format_date_time(*moment);
  if (const auto* real = std::get_if<double>(&cell)) {
    std::array<char, 400> digits{};  // the greatest double has 309 before the point
    const auto [end, error] =
        std::to_chars(digits.data(), digits.data() + digits.size(), *real, std::chars_format::fixed);
    if (error != std::errc{} || !std::isfinite(*real)) return "0";
    return {digits.data(), end};
  }
  return std::string(bytes_of(cell));
}

base::Result<Value> as_type(ColumnType type, const Value& value) {
  if (std::holds_alternative<Null>(value)) return value;
  switch (type) {
    case ColumnType::TinyInteger:
    case ColumnType::SmallInteger:
    case ColumnType::Integer:
    case ColumnType::BigInteger:
      return as_integer(value);
    case ColumnType::Float:
    case ColumnType::Double:
      return as_real(value);
    case ColumnType::DateTime:
      return as_date_time(value);
    case ColumnType::Blob:
      return Blob{text_of(value)};
    case ColumnType::Char:
    case ColumnType::Text:
      break;
  }
  return text_of(value);
}

const Value& CellsRow::cell(std::size_t column) const {
  return column < cells_.size() && cells_[column] != nullptr ? *cells_[column] : kNull;
}

std::string_view CellsRow::name(std::size_t column) const {
  return column < names_.size() ? names_[column] : std::string_view();
}

bool CellsRow::is_null(std::size_t column) const { return std::holds_alternative<Null>(cell(column)); }

std::string_view CellsRow::text(std::size_t column) const {
  const Value& value = cell(column);
  if (std::holds_alternative<Null>(value)) return {};
  if (std::holds_alternative<std::string>(value) || std::holds_alternative<Blob>(value)) return bytes_of(value);
  return texts_[column] = text_of(value);
}

std::int64_t CellsRow::unix_seconds(std::size_t column) const {
  const Value& value = cell(column);
  std::int64_t seconds = 0;
  if (const auto* moment = std::get_if<DateTime>(&value)) {
    seconds = moment->unix_seconds;
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    seconds = *number;
  } else {
    seconds = parse_date_time(bytes_of(value)).value_or(0);
  }
  return seconds < 0 ? 0 : seconds;
}

void read_rows(const ResultSet& rows, const std::function<bool(const Row&)>& on_row) {
  CellsRow row({rows.columns.begin(), rows.columns.end()});
  for (const std::vector<Value>& cells : rows.rows) {
    for (std::size_t i = 0; i < cells.size(); ++i) row.set(i, &cells[i]);
    if (!on_row(row)) return;
  }
}

}  // namespace carillon::storage
