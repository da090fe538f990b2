// SPDX-License-Identifier: Apache-2.0
// A cell of a table: what goes into a statement, and a row as it is read.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace carillon::storage {

struct Null {
  friend auto operator<=>(const Null&, const Null&) = default;
};

// Bytes, as opposed to text.
struct Blob {
  std::string bytes;
  friend auto operator<=>(const Blob&, const Blob&) = default;
};

// A moment in seconds since 1970-01-01 UTC, kept as the database's DATETIME ("2026-01-31 23:59:59") in the time zone of
// the machine, as OpenSIPS does.
struct DateTime {
  std::int64_t unix_seconds = 0;
  friend auto operator<=>(const DateTime&, const DateTime&) = default;
};

using Value = std::variant<Null, std::int64_t, double, std::string, Blob, DateTime>;

// "2026-01-31 23:59:59" and back; nothing but that form is read, except that a fraction of a second is dropped and a T
// may stand for the space. Nothing when `text` isn't a date. The text of a moment outside of the years 1 to 9999 is no
// date (is_date()).
[[nodiscard]] std::string format_date_time(DateTime moment);
[[nodiscard]] std::optional<std::int64_t> parse_date_time(std::string_view text);
[[nodiscard]] constexpr bool is_date(std::int64_t unix_seconds) {
  constexpr std::int64_t kDay = 86'400;  // which time zones may add or take
  return unix_seconds >= -62'135'596'800 + kDay && unix_seconds < 253'402'300'800 - kDay;
}

// As a person would write it; NULL is empty.
[[nodiscard]] std::string to_text(const Value& value);

// The row a cursor stands on, valid only while the callback runs that was given it. Columns count from 0 in the order
// they were asked for. A cell is converted to what is asked: a number in text to an integer, an integer to text; what
// can't be converted, and NULL, is 0 or empty. Asking beyond the last column is answered as NULL is.
class Row {
 public:
  virtual ~Row() = default;
  [[nodiscard]] virtual std::size_t size() const = 0;
  [[nodiscard]] virtual std::string_view name(std::size_t column) const = 0;
  [[nodiscard]] virtual bool is_null(std::size_t column) const = 0;
  [[nodiscard]] virtual std::int64_t integer(std::size_t column) const = 0;
  [[nodiscard]] virtual double real(std::size_t column) const = 0;
  // Text and bytes. The view may be invalidated by the next call for the same column.
  [[nodiscard]] virtual std::string_view text(std::size_t column) const = 0;
  // Seconds since 1970 of a DATETIME; 0 when it isn't one.
  [[nodiscard]] virtual std::int64_t unix_seconds(std::size_t column) const = 0;
  // A copy of the cell as the database typed it.
  [[nodiscard]] virtual Value value(std::size_t column) const = 0;
};

// Rows that were read whole, to be carried to another thread.
struct ResultSet {
  std::vector<std::string> columns;
  std::vector<std::vector<Value>> rows;
};

}  // namespace carillon::storage
