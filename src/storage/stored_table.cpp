// SPDX-License-Identifier: Apache-2.0
// See stored_table.h.
#include "storage/stored_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/strings.h"
#include "storage/cells.h"

namespace carillon::storage {
namespace {

bool is_null(const Value& value) { return std::holds_alternative<Null>(value); }

void append_bytes(std::string& to, char tag, std::string_view bytes) {
  to += tag;
  const std::uint64_t size = bytes.size();
  to.append(reinterpret_cast<const char*>(&size), sizeof(size));
  to += bytes;
}

template <typename Number>
void append_number(std::string& to, char tag, Number number) {
  to += tag;
  to.append(reinterpret_cast<const char*>(&number), sizeof(number));
}

// Different cells never give the same text.
void encode(std::string& to, const Value& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) {
    append_number(to, 'i', *number);
  } else if (const auto* real = std::get_if<double>(&cell)) {
    append_number(to, 'r', *real == 0 ? 0.0 : *real);  // -0 equals 0
  } else if (const auto* moment = std::get_if<DateTime>(&cell)) {
    append_number(to, 'd', moment->unix_seconds);
  } else if (const auto* text = std::get_if<std::string>(&cell)) {
    append_bytes(to, 't', *text);
  } else if (const auto* blob = std::get_if<Blob>(&cell)) {
    append_bytes(to, 'b', blob->bytes);
  } else {
    to += 'n';
  }
}

// SQL's LIKE: % any text, _ one byte, without regard to ASCII case. Linear but for the last % seen.
bool like(std::string_view text, std::string_view pattern) {
  std::size_t at = 0;
  std::size_t in_pattern = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (at < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '%') {
      star = in_pattern++;
      resume = at;
    } else if (in_pattern < pattern.size() &&
               (pattern[in_pattern] == '_' || base::to_lower(pattern[in_pattern]) == base::to_lower(text[at]))) {
      ++at;
      ++in_pattern;
    } else if (star != std::string_view::npos) {
      in_pattern = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  return pattern.substr(in_pattern).find_first_not_of('%') == std::string_view::npos;
}

bool holds(Comparison comparison, const Value& cell, const Value& value) {
  switch (comparison) {
    case Comparison::Equal:
      return cell == value;
    case Comparison::NotEqual:
      return cell != value;
    case Comparison::Less:
      return cell < value;
    case Comparison::LessOrEqual:
      return cell <= value;
    case Comparison::Greater:
      return cell > value;
    case Comparison::GreaterOrEqual:
      return cell >= value;
    case Comparison::Like:
      return like(text_of(cell), text_of(value));
  }
  return false;
}

base::Result<> check_shape(const std::string& table, const Rows& rows) {
  if (rows.columns.empty() ? rows.values.empty() : rows.values.size() % rows.columns.size() == 0) return {};
  return base::fail(fmt::format("table '{}': the values don't fill whole rows", table));
}

}  // namespace

StoredTable::StoredTable(std::string name, StoredSchema schema)
    : name_(std::move(name)), schema_(std::move(schema)), greatest_(schema_.columns.size(), 0) {
  for (const StoredKey& key : schema_.keys) {
    Index& index = index_over(key.columns);
    index.unique = index.unique || key.kind != KeyKind::Index;
  }
}

base::Result<std::size_t> StoredTable::column(std::string_view name) const {
  if (const auto position = schema_.find(name)) return *position;
  return base::fail(fmt::format("table '{}' has no column '{}'", name_, name));
}

base::Result<std::vector<std::size_t>> StoredTable::positions(const std::vector<std::string>& names) const {
  std::vector<std::size_t> result;
  for (const std::string& name : names) {
    auto position = column(name);
    if (!position) return std::unexpected(std::move(position.error()));
    result.push_back(*position);
  }
  return result;
}

base::Result<Value> StoredTable::fit(std::size_t position, const Value& value) const {
  const StoredColumn& column = schema_.columns[position];
  auto fitted = as_type(column.type, value);
  if (!fitted)
    return base::fail(fmt::format("table '{}', column '{}': {}", name_, column.name, fitted.error().message));
  return fitted;
}

bool StoredTable::counts_as_null(std::size_t position, const Value& cell) const {
  if (is_null(cell)) return true;
  if (!schema_.empty_is_null || !schema_.columns[position].nullable) return false;
  const auto* text = std::get_if<std::string>(&cell);
  const auto* blob = std::get_if<Blob>(&cell);
  return (text != nullptr && text->empty()) || (blob != nullptr && blob->bytes.empty());
}

void StoredTable::encode_cell(std::string& to, std::size_t position, const Value& cell) const {
  if (counts_as_null(position, cell)) {
    to += 'n';
  } else {
    encode(to, cell);
  }
}

std::string StoredTable::key_of(const StoredRow& row, const std::vector<std::size_t>& columns) const {
  std::string key;
  for (const std::size_t column : columns) encode_cell(key, column, row[column]);
  return key;
}

bool StoredTable::has_null(const StoredRow& row, const std::vector<std::size_t>& columns) const {
  return std::ranges::any_of(columns, [&](std::size_t column) { return counts_as_null(column, row[column]); });
}

base::Result<Value> StoredTable::default_of(const StoredColumn& column) const {
  if (column.has_default) return as_type(column.type, column.default_value);
  if (column.nullable) return Null{};
  if (schema_.complete) {
    return base::fail(fmt::format("table '{}': column '{}' must be given", name_, column.name));
  }
  const bool text =
      column.type == ColumnType::Char || column.type == ColumnType::Text || column.type == ColumnType::Blob;
  return as_type(column.type, text ? Value(std::string()) : Value(std::int64_t{0}));
}

base::Result<StoredRow> StoredTable::new_row(const std::vector<std::size_t>& columns, const Value* values) {
  StoredRow row(schema_.columns.size());
  std::vector<bool> given(row.size(), false);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    auto cell = fit(columns[i], values[i]);
    if (!cell) return std::unexpected(std::move(cell.error()));
    row[columns[i]] = std::move(*cell);
    given[columns[i]] = true;
  }
  for (std::size_t i = 0; i < row.size(); ++i) {
    const StoredColumn& column = schema_.columns[i];
    if (column.auto_increment && is_null(row[i])) {
      if (greatest_[i] == std::numeric_limits<std::int64_t>::max()) {
        return base::fail(fmt::format("table '{}': column '{}' can't count further", name_, column.name));
      }
      row[i] = greatest_[i] + 1;
    } else if (!given[i]) {
      auto cell = default_of(column);
      if (!cell) return std::unexpected(std::move(cell.error()));
      row[i] = std::move(*cell);
    }
  }
  return row;
}

void StoredTable::index(std::uint64_t id, const StoredRow& row) {
  for (Index& index : indexes_) index.ids.emplace(key_of(row, index.columns), id);
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (schema_.columns[i].auto_increment) greatest_[i] = std::max(greatest_[i], integer_of(row[i]));
  }
}

void StoredTable::unindex(std::uint64_t id, const StoredRow& row) {
  for (Index& index : indexes_) {
    auto [entry, end] = index.ids.equal_range(key_of(row, index.columns));
    while (entry != end) entry = entry->second == id ? index.ids.erase(entry) : std::next(entry);
  }
}

base::Result<> StoredTable::check_keys(std::uint64_t id, const StoredRow& row) const {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (is_null(row[i]) && !schema_.columns[i].nullable) {
      return base::fail(fmt::format("table '{}': column '{}' must not be NULL", name_, schema_.columns[i].name));
    }
  }
  for (const Index& index : indexes_) {
    if (!index.unique || has_null(row, index.columns)) continue;
    const auto [begin, end] = index.ids.equal_range(key_of(row, index.columns));
    if (!std::any_of(begin, end, [id](const auto& entry) { return entry.second != id; })) continue;
    std::string names;
    for (const std::size_t column : index.columns) names += (names.empty() ? "" : ",") + schema_.columns[column].name;
    return base::fail(fmt::format("table '{}': the key {} is taken", name_, names), static_cast<int>(Fault::Duplicate));
  }
  return {};
}

base::Result<> StoredTable::put(std::uint64_t id, StoredRowPtr row, Changes& changes) {
  if (row) {
    if (auto checked = check_keys(id, *row); !checked) return checked;
  }
  const auto found = rows_.find(id);
  const StoredRowPtr before = found != rows_.end() ? found->second : nullptr;
  changes.push_back({id, before});
  if (before) unindex(id, *before);
  if (row) {
    index(id, *row);
    rows_[id] = std::move(row);
  } else if (before) {
    rows_.erase(found);
  }
  return {};
}

void StoredTable::undo(const Changes& changes) {
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    const auto found = rows_.find(change->id);
    if (found != rows_.end()) {
      unindex(change->id, *found->second);
      rows_.erase(found);
    }
    if (!change->before) continue;
    index(change->id, *change->before);
    rows_[change->id] = change->before;
  }
}

base::Result<> StoredTable::add(StoredRow row) {
  const std::uint64_t id = next_id_++;
  if (auto checked = check_keys(id, row); !checked) return checked;
  index(id, row);
  rows_.emplace_hint(rows_.end(), id, std::make_shared<const StoredRow>(std::move(row)));
  return {};
}

StoredTable::Index& StoredTable::index_over(const std::vector<std::size_t>& columns) {
  const auto found = std::ranges::find(indexes_, columns, &Index::columns);
  if (found != indexes_.end()) return *found;
  Index& made = indexes_.emplace_back(Index{.columns = columns, .unique = false, .ids = {}});
  for (const auto& [id, row] : rows_) made.ids.emplace(key_of(*row, columns), id);
  return made;
}

base::Result<std::vector<StoredTable::Test>> StoredTable::prepare(const Conditions& conditions) const {
  std::vector<Test> tests;
  for (const Condition& condition : conditions) {
    auto position = column(condition.column);
    if (!position) return std::unexpected(std::move(position.error()));
    Test test{.column = *position, .comparison = condition.comparison, .value = condition.value};
    if (condition.comparison != Comparison::Like) {
      auto fitted = fit(*position, condition.value);
      test.fits = fitted.has_value();
      if (fitted) test.value = std::move(*fitted);
    }
    tests.push_back(std::move(test));
  }
  return tests;
}

// As in SQL nothing compares with NULL but the tests for it.
bool StoredTable::matches(const StoredRow& row, const std::vector<Test>& tests) const {
  return std::ranges::all_of(tests, [this, &row](const Test& test) {
    const Value& cell = row[test.column];
    const bool null = counts_as_null(test.column, cell);
    if (counts_as_null(test.column, test.value)) {
      if (test.comparison == Comparison::Equal) return null;
      return test.comparison == Comparison::NotEqual && !null;
    }
    if (null) return false;
    if (!test.fits) return test.comparison == Comparison::NotEqual;
    return holds(test.comparison, cell, test.value);
  });
}

StoredTable::Ids StoredTable::matching(const std::vector<Test>& tests) const {
  const auto equal_to = [&tests](std::size_t column) {
    return std::ranges::find_if(tests, [column](const Test& test) {
      return test.column == column && test.comparison == Comparison::Equal && test.fits;
    });
  };
  Ids ids;
  for (const Index& index : indexes_) {
    std::string key;
    const bool covered = std::ranges::all_of(index.columns, [&](std::size_t column) {
      const auto test = equal_to(column);
      if (test == tests.end()) return false;
      encode_cell(key, column, test->value);
      return true;
    });
    if (!covered) continue;
    const auto [begin, end] = index.ids.equal_range(key);
    for (auto entry = begin; entry != end; ++entry) {
      if (matches(*rows_.at(entry->second), tests)) ids.push_back(entry->second);
    }
    std::ranges::sort(ids);
    return ids;
  }
  for (const auto& [id, row] : rows_) {
    if (matches(*row, tests)) ids.push_back(id);
  }
  return ids;
}

base::Result<std::vector<StoredRowPtr>> StoredTable::find(const Select& select) const {
  if (auto known = positions(select.columns); !known) return std::unexpected(std::move(known.error()));
  auto tests = prepare(select.where);
  if (!tests) return std::unexpected(std::move(tests.error()));
  std::vector<StoredRowPtr> found;
  for (const std::uint64_t id : matching(*tests)) {
    found.push_back(rows_.at(id));
    if (select.order_by.empty() && select.limit != 0 && found.size() == select.limit) break;
  }
  if (!select.order_by.empty()) {
    auto position = column(select.order_by);
    if (!position) return std::unexpected(std::move(position.error()));
    std::ranges::stable_sort(found, [&](const StoredRowPtr& a, const StoredRowPtr& b) {
      return select.descending ? (*b)[*position] < (*a)[*position] : (*a)[*position] < (*b)[*position];
    });
  }
  if (select.limit != 0 && found.size() > select.limit) found.resize(select.limit);
  return found;
}

base::Result<std::uint64_t> StoredTable::apply(const Write& write, Changes& changes) {
  return std::visit(
      [&](const auto& one) {
        using T = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<T, Insert>) {
          return insert(one, changes);
        } else if constexpr (std::is_same_v<T, Upsert>) {
          return upsert(one, changes);
        } else if constexpr (std::is_same_v<T, Update>) {
          return update(one, changes);
        } else {
          return remove(one, changes);
        }
      },
      write);
}

base::Result<std::uint64_t> StoredTable::insert(const Insert& insert, Changes& changes) {
  if (auto whole = check_shape(name_, insert.rows); !whole) return std::unexpected(std::move(whole.error()));
  auto columns = positions(insert.rows.columns);
  if (!columns) return std::unexpected(std::move(columns.error()));
  std::uint64_t touched = 0;
  for (std::size_t at = 0; at < insert.rows.values.size(); at += columns->size(), ++touched) {
    auto row = new_row(*columns, &insert.rows.values[at]);
    if (!row) return std::unexpected(std::move(row.error()));
    auto written = put(next_id_++, std::make_shared<const StoredRow>(std::move(*row)), changes);
    if (!written) return std::unexpected(std::move(written.error()));
  }
  return touched;
}

base::Result<std::uint64_t> StoredTable::upsert(const Upsert& upsert, Changes& changes) {
  if (auto whole = check_shape(name_, upsert.rows); !whole) return std::unexpected(std::move(whole.error()));
  auto columns = positions(upsert.rows.columns);
  if (!columns) return std::unexpected(std::move(columns.error()));
  auto keys = positions(upsert.keys);
  if (!keys) return std::unexpected(std::move(keys.error()));
  const Index& index = index_over(*keys);
  std::uint64_t touched = 0;
  for (std::size_t at = 0; at < upsert.rows.values.size(); at += columns->size(), ++touched) {
    auto row = new_row(*columns, &upsert.rows.values[at]);
    if (!row) return std::unexpected(std::move(row.error()));
    std::uint64_t id = next_id_;
    const auto found = index.ids.find(key_of(*row, *keys));
    if (found != index.ids.end() && !has_null(*row, *keys)) {
      id = found->second;
      StoredRow changed = *rows_.at(id);
      for (const std::size_t column : *columns) changed[column] = std::move((*row)[column]);
      *row = std::move(changed);
    } else {
      ++next_id_;
    }
    auto written = put(id, std::make_shared<const StoredRow>(std::move(*row)), changes);
    if (!written) return std::unexpected(std::move(written.error()));
  }
  return touched;
}

base::Result<std::uint64_t> StoredTable::update(const Update& update, Changes& changes) {
  auto columns = positions(update.columns);
  if (!columns) return std::unexpected(std::move(columns.error()));
  if (columns->size() != update.values.size()) {
    return base::fail(fmt::format("table '{}': not as many values as columns", name_));
  }
  StoredRow cells;
  for (std::size_t i = 0; i < columns->size(); ++i) {
    auto cell = fit((*columns)[i], update.values[i]);
    if (!cell) return std::unexpected(std::move(cell.error()));
    cells.push_back(std::move(*cell));
  }
  auto tests = prepare(update.where);
  if (!tests) return std::unexpected(std::move(tests.error()));
  const Ids ids = matching(*tests);
  for (const std::uint64_t id : ids) {
    StoredRow row = *rows_.at(id);
    for (std::size_t i = 0; i < cells.size(); ++i) row[(*columns)[i]] = cells[i];
    auto written = put(id, std::make_shared<const StoredRow>(std::move(row)), changes);
    if (!written) return std::unexpected(std::move(written.error()));
  }
  return ids.size();
}

base::Result<std::uint64_t> StoredTable::remove(const Delete& remove, Changes& changes) {
  auto tests = prepare(remove.where);
  if (!tests) return std::unexpected(std::move(tests.error()));
  const Ids ids = matching(*tests);
  for (const std::uint64_t id : ids) {
    if (auto gone = put(id, nullptr, changes); !gone) return std::unexpected(std::move(gone.error()));
  }
  return ids.size();
}

base::Result<std::uint64_t> StoredTable::remove(const DeleteRows& remove, Changes& changes) {
  if (auto whole = check_shape(name_, remove.keys); !whole) return std::unexpected(std::move(whole.error()));
  auto columns = positions(remove.keys.columns);
  if (!columns) return std::unexpected(std::move(columns.error()));
  if (columns->empty()) return 0;
  const Index& index = index_over(*columns);
  std::uint64_t touched = 0;
  for (std::size_t at = 0; at < remove.keys.values.size(); at += columns->size()) {
    std::string key;
    bool fits = true;
    for (std::size_t i = 0; i < columns->size() && fits; ++i) {
      auto cell = fit((*columns)[i], remove.keys.values[at + i]);
      fits = cell.has_value();
      if (fits) encode_cell(key, (*columns)[i], *cell);
    }
    if (!fits) continue;
    Ids ids;
    const auto [begin, end] = index.ids.equal_range(key);
    for (auto entry = begin; entry != end; ++entry) ids.push_back(entry->second);
    for (const std::uint64_t id : ids) {
      if (auto gone = put(id, nullptr, changes); !gone) return std::unexpected(std::move(gone.error()));
    }
    touched += ids.size();
  }
  return touched;
}

}  // namespace carillon::storage
