// SPDX-License-Identifier: Apache-2.0
// The SQL that drivers of SQL databases have in common, written for a dialect. Names are quoted, values are parameters.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/driver.h"
#include "storage/statement.h"
#include "storage/table_spec.h"

namespace carillon::storage::sql {

// Where databases differ.
struct Dialect {
  char quote = '"';                  // around names; doubled inside them
  bool numbered_parameters = false;  // $1, $2 instead of ?
  // UpdateThenInsert: the database has no statement for it.
  enum class UpsertForm : std::uint8_t { OnConflict, OnDuplicateKey, UpdateThenInsert } upsert = UpsertForm::OnConflict;
  // Between operands of which both may be NULL, and are equal then.
  std::string_view equal_or_both_null = " IS ";
  // The column's type, and for an auto_increment column all that makes it one, its primary key included.
  std::string (*column_type)(const Column& column) = nullptr;
  std::string_view table_suffix = {};  // after the closing bracket of CREATE TABLE
  // Whether a transaction makes and changes tables. Where it doesn't, a single statement does all or nothing: indexes
  // stand inside CREATE TABLE.
  bool transactional_tables = true;
  // Texts can't be in an index but by their first characters: "(255)". Unique keys that hold one are whole where
  // `unique_texts` says so.
  std::string_view text_prefix = {};
  bool unique_texts = true;
  // SAVEPOINT, ROLLBACK TO and RELEASE SAVEPOINT.
  bool savepoints = true;
  // Where the types of a table's columns can be read.
  enum class TypesFrom : std::uint8_t { Nowhere, CreateTable, Catalogue } types = TypesFrom::Nowhere;
  // The statement that makes numbers go on behind the greatest in the column; null: the database looks by itself.
  std::string (*count_on)(const Dialect& dialect, std::string_view table, std::string_view column) = nullptr;
};

// A text, and pointers to its parameters in order; they point into what it was made from.
struct Statement {
  std::string text;
  std::vector<const Value*> parameters;
};

[[nodiscard]] std::string quoted(const Dialect& dialect, std::string_view name);
// Of names and defaults of ours; values are parameters.
[[nodiscard]] std::string text_literal(std::string_view text);

[[nodiscard]] Statement select(const Dialect& dialect, const Select& select);
[[nodiscard]] Statement update(const Dialect& dialect, const Update& update);
[[nodiscard]] Statement remove(const Dialect& dialect, const Delete& remove);
// For `count` rows; their parameters are the rows' values.
[[nodiscard]] std::string insert_rows(const Dialect& dialect, const Insert& insert, std::size_t count = 1);
// No two of the rows may have the same key. Not for UpdateThenInsert.
[[nodiscard]] std::string upsert_rows(const Dialect& dialect, const Upsert& upsert, std::size_t count = 1);
// Any of the values may be NULL.
[[nodiscard]] std::string delete_row(const Dialect& dialect, const DeleteRows& remove);
// None of the values may be NULL: an index is used.
[[nodiscard]] std::string delete_rows(const Dialect& dialect, const DeleteRows& remove, std::size_t count);

// CREATE TABLE, then one CREATE INDEX a key that isn't part of it.
[[nodiscard]] std::vector<std::string> create_table(const Dialect& dialect, const TableSpec& table);
// One ALTER TABLE for each renamed and each added column, or a single one where transactions don't hold tables.
[[nodiscard]] std::vector<std::string> change_table(const Dialect& dialect, const TableChange& change);

}  // namespace carillon::storage::sql
