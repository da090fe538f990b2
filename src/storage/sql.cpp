// SPDX-License-Identifier: Apache-2.0
// SQL text for a dialect.
#include "storage/sql.h"

#include <algorithm>

#include "base/strings.h"

namespace carillon::storage::sql {
namespace {

std::string_view operator_of(Comparison comparison) {
  switch (comparison) {
    case Comparison::Equal:
      return " = ";
    case Comparison::NotEqual:
      return " <> ";
    case Comparison::Less:
      return " < ";
    case Comparison::LessOrEqual:
      return " <= ";
    case Comparison::Greater:
      return " > ";
    case Comparison::GreaterOrEqual:
      return " >= ";
    case Comparison::Like:
      return " LIKE ";
  }
  return " = ";
}

std::string placeholder(const Dialect& dialect, std::size_t number) {
  return dialect.numbered_parameters ? "$" + std::to_string(number) : "?";
}

// "a, b, c" of what `item(i)` gives.
template <typename Item>
std::string list(std::size_t count, std::string_view separator, Item item) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) result += separator;
    result += item(i);
  }
  return result;
}

std::string names(const Dialect& dialect, const std::vector<std::string>& columns) {
  return list(columns.size(), ", ", [&](std::size_t i) { return quoted(dialect, columns[i]); });
}

// The columns of a key, texts by their beginning where the dialect wants that.
std::string key_names(const Dialect& dialect, const TableSpec& table, const Key& key) {
  const bool whole = dialect.text_prefix.empty() || (key.kind != KeyKind::Index && dialect.unique_texts);
  std::string result;
  std::string_view columns = key.columns;
  while (!columns.empty()) {
    const std::string_view name = base::take_until(columns, ',');
    const auto column = std::ranges::find(table.columns, name, &Column::name);
    const bool is_text =
        column != table.columns.end() && (column->type == ColumnType::Text || column->type == ColumnType::Blob);
    if (!result.empty()) result += ", ";
    result += quoted(dialect, name);
    if (is_text && !whole) result += dialect.text_prefix;
  }
  return result;
}

void append_where(const Dialect& dialect, const Conditions& conditions, Statement& statement) {
  std::string_view separator = " WHERE ";
  for (const Condition& condition : conditions) {
    statement.text += separator;
    statement.text += quoted(dialect, condition.column);
    separator = " AND ";
    if (std::holds_alternative<Null>(condition.value)) {
      statement.text += condition.comparison == Comparison::NotEqual ? " IS NOT NULL" : " IS NULL";
      continue;
    }
    statement.parameters.push_back(&condition.value);
    statement.text += operator_of(condition.comparison);
    statement.text += placeholder(dialect, statement.parameters.size());
  }
}

// "(?, ?)" for the row that begins at the parameter `first`.
std::string tuple(const Dialect& dialect, std::size_t first, std::size_t width) {
  return "(" + list(width, ", ", [&](std::size_t i) { return placeholder(dialect, first + i); }) + ")";
}

std::string insert_text(const Dialect& dialect, const std::string& table, const std::vector<std::string>& columns,
                        std::size_t count) {
  return "INSERT INTO " + quoted(dialect, table) + " (" + names(dialect, columns) + ") VALUES " +
         list(count, ", ", [&](std::size_t row) { return tuple(dialect, row * columns.size() + 1, columns.size()); });
}

// A default is a number where its column is one, otherwise a string literal.
std::string literal(const Column& column) {
  const bool numeric = column.type <= ColumnType::Double;
  if (numeric && base::parse_number<std::int64_t>(column.default_value)) return std::string(column.default_value);
  return text_literal(column.default_value);
}

std::string column_definition(const Dialect& dialect, const Column& column) {
  std::string result = quoted(dialect, column.name) + " " + dialect.column_type(column);
  if (column.auto_increment) return result;
  result += column.nullable ? " DEFAULT " : " NOT NULL";
  if (column.nullable) return result + (column.has_default ? literal(column) : "NULL");
  if (column.has_default) result += " DEFAULT " + literal(column);
  return result;
}

}  // namespace

std::string text_literal(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') result += '\'';
    result += c;
  }
  return result + "'";
}

std::string quoted(const Dialect& dialect, std::string_view name) {
  std::string result(1, dialect.quote);
  for (const char c : name) {
    if (c == dialect.quote) result += c;
    result += c;
  }
  return result + dialect.quote;
}

Statement select(const Dialect& dialect, const Select& select) {
  Statement statement;
  statement.text = "SELECT " + (select.columns.empty() ? "*" : names(dialect, select.columns)) + " FROM " +
                   quoted(dialect, select.table);
  append_where(dialect, select.where, statement);
  if (!select.order_by.empty()) {
    statement.text += " ORDER BY " + quoted(dialect, select.order_by) + (select.descending ? " DESC" : "");
  }
  if (select.limit != 0) statement.text += " LIMIT " + std::to_string(select.limit);
  return statement;
}

Statement update(const Dialect& dialect, const Update& update) {
  Statement statement;
  statement.text = "UPDATE " + quoted(dialect, update.table) + " SET ";
  for (std::size_t i = 0; i < update.columns.size(); ++i) {
    statement.parameters.push_back(&update.values[i]);
    if (i > 0) statement.text += ", ";
    statement.text += quoted(dialect, update.columns[i]) + " = " + placeholder(dialect, i + 1);
  }
  append_where(dialect, update.where, statement);
  return statement;
}

Statement remove(const Dialect& dialect, const Delete& remove) {
  Statement statement;
  statement.text = "DELETE FROM " + quoted(dialect, remove.table);
  append_where(dialect, remove.where, statement);
  return statement;
}

std::string insert_rows(const Dialect& dialect, const Insert& insert, std::size_t count) {
  return insert_text(dialect, insert.table, insert.rows.columns, count);
}

std::string upsert_rows(const Dialect& dialect, const Upsert& upsert, std::size_t count) {
  std::vector<std::string> others;
  for (const std::string& column : upsert.rows.columns) {
    if (std::ranges::find(upsert.keys, column) == upsert.keys.end()) others.push_back(quoted(dialect, column));
  }
  const std::string insert = insert_text(dialect, upsert.table, upsert.rows.columns, count);
  if (dialect.upsert == Dialect::UpsertForm::OnDuplicateKey) {
    if (others.empty()) others.push_back(quoted(dialect, upsert.keys.front()));
    return insert + " ON DUPLICATE KEY UPDATE " +
           list(others.size(), ", ", [&](std::size_t i) { return others[i] + " = VALUES(" + others[i] + ")"; });
  }
  const std::string conflict = insert + " ON CONFLICT (" + names(dialect, upsert.keys) + ") DO ";
  if (others.empty()) return conflict + "NOTHING";
  return conflict + "UPDATE SET " +
         list(others.size(), ", ", [&](std::size_t i) { return others[i] + " = excluded." + others[i]; });
}

std::string delete_row(const Dialect& dialect, const DeleteRows& remove) {
  return "DELETE FROM " + quoted(dialect, remove.table) + " WHERE " +
         list(remove.keys.columns.size(), " AND ", [&](std::size_t i) {
           return quoted(dialect, remove.keys.columns[i]) + std::string(dialect.equal_or_both_null) +
                  placeholder(dialect, i + 1);
         });
}

std::string delete_rows(const Dialect& dialect, const DeleteRows& remove, std::size_t count) {
  const std::vector<std::string>& columns = remove.keys.columns;
  const std::string text = "DELETE FROM " + quoted(dialect, remove.table) + " WHERE ";
  if (columns.size() == 1) return text + quoted(dialect, columns.front()) + " IN " + tuple(dialect, 1, count);
  return text + list(count, " OR ", [&](std::size_t row) {
           return "(" +
                  list(columns.size(), " AND ",
                       [&](std::size_t i) {
                         return quoted(dialect, columns[i]) + " = " +
                                placeholder(dialect, row * columns.size() + i + 1);
                       }) +
                  ")";
         });
}

std::vector<std::string> create_table(const Dialect& dialect, const TableSpec& table) {
  std::string text =
      "CREATE TABLE " + quoted(dialect, table.name) + " (" +
      list(table.columns.size(), ", ", [&](std::size_t i) { return column_definition(dialect, table.columns[i]); });
  std::vector<std::string> result(1);
  std::size_t number = 0;
  for (const Key& key : table.keys) {
    ++number;
    const std::string columns = " (" + key_names(dialect, table, key) + ")";
    if (key.kind == KeyKind::Primary) text += ", PRIMARY KEY" + columns;
    if (key.kind == KeyKind::Unique) text += ", UNIQUE" + columns;
    if (key.kind != KeyKind::Index) continue;
    const std::string name = quoted(dialect, std::string(table.name) + "_" + std::to_string(number) + "_idx");
    if (!dialect.transactional_tables) {
      text += ", INDEX " + name + columns;
    } else {
      result.push_back("CREATE INDEX " + name + " ON " + quoted(dialect, table.name) + columns);
    }
  }
  result.front() = text + ")" + std::string(dialect.table_suffix);
  return result;
}

std::vector<std::string> change_table(const Dialect& dialect, const TableChange& change) {
  std::vector<std::string> clauses;
  for (const TableChange::Renamed& renamed : change.renamed) {
    clauses.push_back("RENAME COLUMN " + quoted(dialect, renamed.from) + " TO " + quoted(dialect, renamed.to));
  }
  for (const Column* column : change.added) {
    Column filled = *column;
    if (!column->nullable && !column->has_default) {
      filled = filled.or_default(column->type <= ColumnType::Double     ? "0"
                                 : column->type == ColumnType::DateTime ? "1900-01-01 00:00:01"
                                                                        : "");
    }
    clauses.push_back("ADD COLUMN " + column_definition(dialect, filled));
  }
  const std::string alter = "ALTER TABLE " + quoted(dialect, change.table) + " ";
  if (!dialect.transactional_tables && !clauses.empty()) {
    return {alter + list(clauses.size(), ", ", [&](std::size_t i) { return clauses[i]; })};
  }
  for (std::string& clause : clauses) clause.insert(0, alter);
  return clauses;
}

}  // namespace carillon::storage::sql
