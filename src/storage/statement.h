// SPDX-License-Identifier: Apache-2.0
// What can be asked of a table, as data: a driver turns it into its language, values never become part of a text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "storage/value.h"

namespace carillon::storage {

enum class Comparison : std::uint8_t { Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual, Like };

// Equal and NotEqual to Null mean IS NULL and IS NOT NULL.
struct Condition {
  std::string column;
  Comparison comparison = Comparison::Equal;
  Value value = {};
};

// All conditions hold.
using Conditions = std::vector<Condition>;

struct Select {
  std::string table;
  std::vector<std::string> columns = {};  // empty: all
  Conditions where = {};
  std::string order_by = {};  // a column, ascending; empty: any order
  bool descending = false;
  std::uint64_t limit = 0;  // 0: none
};

// Rows of one shape, one after the other: values.size() is a multiple of columns.size().
struct Rows {
  std::vector<std::string> columns;
  std::vector<Value> values;
};

struct Insert {
  std::string table;
  Rows rows;
};

// Inserts each row, or overwrites the one that has the same `keys`. They must be the columns of a primary or unique
// key; columns not named keep their value.
struct Upsert {
  std::string table;
  std::vector<std::string> keys;
  Rows rows;
};

struct Update {
  std::string table;
  std::vector<std::string> columns;
  std::vector<Value> values;  // of the columns, in their order
  Conditions where = {};
};

struct Delete {
  std::string table;
  Conditions where = {};
};

// Deletes the rows that match any row of `keys` in all its columns: a batch of deletions with one statement.
struct DeleteRows {
  std::string table;
  Rows keys;
};

using Write = std::variant<Insert, Upsert, Update, Delete, DeleteRows>;

// A statement in the database's own language, with ? where the parameters go, in order (sqlops).
struct RawStatement {
  std::string text;
  std::vector<Value> parameters = {};
};

}  // namespace carillon::storage
