// SPDX-License-Identifier: Apache-2.0
// See database_rebuild.h.
#include "server/database_rebuild.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "server/dump_format.h"

namespace carillon::server {
namespace {

using storage::Database;
using storage::TableSpec;

constexpr std::uint64_t kPage = 500;
// Versions of the copy, as the version table has them.
constexpr std::uint32_t kFilling = 1;
constexpr std::uint32_t kComplete = 2;

std::string copy_name(const TableSpec& table) { return std::string(table.name) + "_migrating"; }

std::string_view key_of(const TableSpec& table) {
  const auto counted = std::ranges::find_if(table.columns, &storage::Column::auto_increment);
  if (counted != table.columns.end()) return counted->name;
  const auto primary = std::ranges::find(table.keys, storage::KeyKind::Primary, &storage::Key::kind);
  return primary != table.keys.end() ? primary->columns : table.columns.front().name;
}

struct Columns {
  std::vector<std::string> from;
  std::vector<std::string> to;
};

// Page by page in the order of the key, as a kind of database may have one connection only.
base::Result<> copy_rows(Database& database, const TableSpec& table, const std::string& from, const std::string& to,
                         const Columns& columns) {
  const std::string key(key_of(table));
  const auto at = static_cast<std::size_t>(std::ranges::find(columns.from, key) - columns.from.begin());
  if (at == columns.from.size()) return base::fail(fmt::format("table '{}' has no column '{}'", from, key));
  storage::Value last = storage::Null{};
  while (true) {
    storage::Select page{.table = from, .columns = columns.from, .order_by = key, .limit = kPage};
    if (!std::holds_alternative<storage::Null>(last)) {
      page.where = {{.column = key, .comparison = storage::Comparison::Greater, .value = last}};
    }
    auto read = database.select(page, kPage);
    if (!read) return std::unexpected(std::move(read.error()));
    if (read->rows.empty()) return {};
    last = read->rows.back()[at];
    storage::Rows rows{.columns = columns.to, .values = {}};
    for (auto& row : read->rows) std::ranges::move(row, std::back_inserter(rows.values));
    if (auto written = database.write(storage::Insert{.table = to, .rows = std::move(rows)}); !written) {
      return std::unexpected(std::move(written.error()));
    }
  }
}

base::Result<> mark(Database& database, const std::string& name, std::uint32_t version) {
  auto written = database.write(storage::Update{.table = std::string(storage::version_table().name),
                                                .columns = {"table_version"},
                                                .values = {std::int64_t{version}},
                                                .where = {{.column = "table_name", .value = name}}});
  if (!written) return std::unexpected(std::move(written.error()));
  return {};
}

base::Result<> remove_copy(Database& database, const std::string& name) {
  if (auto dropped = database.drop_table(name); !dropped) return dropped;
  auto written = database.write(storage::Delete{.table = std::string(storage::version_table().name),
                                                .where = {{.column = "table_name", .value = name}}});
  if (!written) return std::unexpected(std::move(written.error()));
  return {};
}

// From a complete copy.
base::Result<> put_in_place(Database& database, const TableSpec& table) {
  auto exists = database.has_table(table.name);
  if (!exists) return std::unexpected(std::move(exists.error()));
  if (*exists) {
    if (auto dropped = database.drop_table(table.name); !dropped) return dropped;
  }
  if (auto made = database.create_table(table); !made) return made;
  Columns columns;
  for (const storage::Column& column : table.columns) columns.from.emplace_back(column.name);
  columns.to = columns.from;
  if (auto copied = copy_rows(database, table, copy_name(table), std::string(table.name), columns); !copied)
    return copied;
  return remove_copy(database, copy_name(table));
}

// Those that the table has and the newest version hasn't, by the table's first row.
base::Result<std::string> own_columns(Database& database, const TableSpec& table, const storage::TableChange& change) {
  std::string names;
  auto read = database.select({.table = std::string(table.name), .limit = 1}, [&](const storage::Row& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string_view name = row.name(i);
      const bool renamed =
          std::ranges::find(change.renamed, name, &storage::TableChange::Renamed::from) != change.renamed.end();
      if (!renamed && dump::find_column(&table, name) == nullptr) names += fmt::format(" {}", name);
    }
    return false;
  });
  if (!read) return std::unexpected(std::move(read.error()));
  return names;
}

}  // namespace

base::Result<> rebuild_table(Database& database, const TableSpec& table, const storage::TableChange& change,
                             bool drop_columns) {
  const auto own = own_columns(database, table, change);
  if (!own) return std::unexpected(own.error());
  if (!own->empty() && !drop_columns) {
    return base::fail("it must be copied, and the newest version hasn't its columns" + *own +
                      " (--drop-columns gives them up)");
  }
  TableSpec copy = table;
  const std::string name = copy_name(table);
  copy.name = name;
  copy.version = kFilling;
  copy.older_versions = {};
  if (auto made = database.create_table(copy); !made) return made;

  Columns columns;
  for (const storage::Column& column : table.columns) {
    if (std::ranges::find(change.added, &column) != change.added.end()) continue;
    const auto renamed = std::ranges::find(change.renamed, column.name, &storage::TableChange::Renamed::to);
    columns.from.emplace_back(renamed != change.renamed.end() ? renamed->from : column.name);
    columns.to.emplace_back(column.name);
  }
  if (auto copied = copy_rows(database, table, std::string(table.name), name, columns); !copied) return copied;
  if (auto marked = mark(database, name, kComplete); !marked) return marked;
  return put_in_place(database, table);
}

base::Result<bool> resume_rebuild(Database& database, const TableSpec& table) {
  const std::string name = copy_name(table);
  auto exists = database.has_table(name);
  if (!exists) return std::unexpected(std::move(exists.error()));
  if (!*exists) return false;
  auto version = database.version_of(name);
  if (!version) return std::unexpected(std::move(version.error()));
  auto done = *version == kComplete ? put_in_place(database, table) : remove_copy(database, name);
  if (!done) return std::unexpected(std::move(done.error()));
  return *version == kComplete;
}

}  // namespace carillon::server
