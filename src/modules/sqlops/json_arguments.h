// SPDX-License-Identifier: Apache-2.0
// Columns, values and filters as sql_select() and its kin take them: JSON texts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/statement.h"

namespace carillon::sqlops {

// ["a","b"]
struct ColumnNames {
  static constexpr bool kIsJson = true;
  std::vector<std::string> names;
  [[nodiscard]] static base::Result<ColumnNames> parse(std::string_view text);
};

// [{"a":"text"},{"b":2},{"c":null}]; never empty, no column twice.
struct ColumnValues {
  static constexpr bool kIsJson = true;
  std::vector<std::string> columns;
  std::vector<storage::Value> values;
  [[nodiscard]] static base::Result<ColumnValues> parse(std::string_view text);
};

// [{"a":"text"},{"b":{">":2}},{"c":{"!=":null}}]; all of them hold. The operators: = != <> < <= > >= like is "is not".
struct Filter {
  static constexpr bool kIsJson = true;
  storage::Conditions conditions;
  [[nodiscard]] static base::Result<Filter> parse(std::string_view text);
};

}  // namespace carillon::sqlops
