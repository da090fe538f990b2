// SPDX-License-Identifier: Apache-2.0
// Cells as what is asked.
#include "storage/text_row.h"

#include <algorithm>
#include <charconv>

#include "base/strings.h"

namespace carillon::storage {

std::string_view TextRow::name(std::size_t column) const {
  return column < columns_.size() ? std::string_view(columns_[column].name) : std::string_view();
}

bool TextRow::is_null(std::size_t column) const { return column >= cells_.size() || !cells_[column]; }

std::string_view TextRow::text(std::size_t column) const {
  return is_null(column) ? std::string_view() : *cells_[column];
}

std::int64_t TextRow::integer(std::size_t column) const {
  const std::string_view digits = text(column);
  if (const auto number = base::parse_number<std::int64_t>(digits)) return *number;
  if (digits.empty()) return 0;
  // An unsigned one beyond the signed range keeps its bits; a fraction is cut off.
  if (const auto number = base::parse_number<std::uint64_t>(digits)) return static_cast<std::int64_t>(*number);
  constexpr double kEnd = 9.2e18;
  const double number = real(column);
  return number > -kEnd && number < kEnd ? static_cast<std::int64_t>(number) : 0;
}

double TextRow::real(std::size_t column) const {
  const std::string_view digits = text(column);
  double number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() ? number : 0;
}

std::int64_t TextRow::unix_seconds(std::size_t column) const {
  return std::max<std::int64_t>(parse_date_time(text(column)).value_or(0), 0);
}

Value TextRow::value(std::size_t column) const {
  if (is_null(column)) return Null{};
  const std::string_view bytes = *cells_[column];
  switch (columns_[column].type) {
    case CellType::Integer:
      if (const auto number = base::parse_number<std::int64_t>(bytes)) return *number;
      break;
    case CellType::Real:
      return real(column);
    case CellType::Blob:
      return Blob{std::string(bytes)};
    case CellType::DateTime:
      if (const auto seconds = parse_date_time(bytes); seconds && *seconds >= 0) return DateTime{*seconds};
      break;
    case CellType::Text:
      break;
  }
  return std::string(bytes);
}

}  // namespace carillon::storage
