// SPDX-License-Identifier: Apache-2.0
// `carillon db migrate`: columns that a newer version has are added, renamed ones renamed, narrow ones widened; rows
// stay where they are.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "server/database_commands.h"
#include "server/database_tables.h"

namespace carillon::server {
namespace {

using storage::Database;
using storage::Fault;
using storage::TableSpec;

// What OpenSIPS's own migration from 3.0 does beyond adding columns.
struct Rename {
  std::string_view table, from, to;
};
constexpr auto kRenames = std::to_array<Rename>({
    {.table = "cc_agents", .from = "last_call_end", .to = "wrapup_end_time"},
});
struct Fill {
  std::string_view table, column, value;
};
constexpr auto kFills = std::to_array<Fill>({
    {.table = "b2b_entities", .column = "mod_name", .value = "b2b_logic"},
});
// A version whose rows mean nothing to the newest one: they are the sessions of a running server.
struct Inconvertible {
  std::string_view table;
  std::uint32_t version;
};
constexpr auto kInconvertible = std::to_array<Inconvertible>({{.table = "b2b_logic", .version = 3}});

enum class Outcome : std::uint8_t { Current, Changed, Refused };

class Migration {
 public:
  Migration(Database& database, const MigrateOptions& options) : database_(database), options_(options) {}

  int run();

 private:
  base::Result<Outcome> migrate(const TableSpec& table);
  base::Result<Outcome> update(const TableSpec& table);
  base::Result<Outcome> widen(const TableSpec& table);
  base::Result<Outcome> change(const TableSpec& table, std::uint32_t found);
  base::Result<Outcome> remake(const TableSpec& table, std::uint32_t found);
  base::Result<bool> has_column(std::string_view table, std::string_view column);
  base::Result<bool> has_rows(std::string_view table);
  base::Result<> set_version(const TableSpec& table);
  base::Result<> fill(const TableSpec& table, const storage::TableChange& change);
  Outcome refuse(const TableSpec& table, const std::string& why) {
    complain(fmt::format("table '{}' stays as it is: {}", table.name, why));
    return Outcome::Refused;
  }

  Database& database_;
  const MigrateOptions& options_;
};

int Migration::run() {
  std::size_t changed = 0;
  std::size_t current = 0;
  std::size_t refused = 0;
  for (const TableSpec* table : all_tables()) {
    if (table->name == storage::version_table().name) continue;
    const auto outcome = migrate(*table);
    if (!outcome) {
      complain(fmt::format("table '{}': {}", table->name, outcome.error().message));
      return kFailure;
    }
    changed += *outcome == Outcome::Changed ? 1 : 0;
    current += *outcome == Outcome::Current ? 1 : 0;
    refused += *outcome == Outcome::Refused ? 1 : 0;
  }
  fmt::print("{}: {} tables {}, {} were up to date or aren't there{}\n", database_.url().display(), changed,
             options_.dry_run ? "would be changed" : "changed", current,
             refused == 0 ? "" : fmt::format(", {} refused", refused));
  return refused == 0 ? kSuccess : kFailure;
}

base::Result<Outcome> Migration::migrate(const TableSpec& table) {
  const auto exists = database_.has_table(table.name);
  if (!exists) return std::unexpected(exists.error());
  if (!*exists) return Outcome::Current;
  const auto updated = update(table);
  if (!updated || *updated == Outcome::Refused) return updated;
  const auto widened = widen(table);
  return widened && *widened == Outcome::Current ? updated : widened;
}

// Also a table of the newest version may have been made with types of its own.
base::Result<Outcome> Migration::widen(const TableSpec& table) {
  const auto narrow = database_.narrow_columns(table);
  if (!narrow) return std::unexpected(narrow.error());
  if (narrow->empty()) return Outcome::Current;
  for (const storage::NarrowColumn& column : *narrow) {
    fmt::print("{}: {} widened from {} to {}\n", table.name, column.name, column.has, column.needs);
  }
  if (options_.dry_run) return Outcome::Changed;
  auto widened = database_.widen(table.name, *narrow);
  if (widened) return Outcome::Changed;
  if (storage::may_pass(Database::fault_of(widened.error()))) return std::unexpected(std::move(widened.error()));
  return refuse(table, widened.error().message);
}

base::Result<Outcome> Migration::update(const TableSpec& table) {
  const auto found = database_.version_of(table.name);
  if (!found) return std::unexpected(found.error());
  if (*found == table.version) return Outcome::Current;
  if (*found == 0) return refuse(table, "it isn't listed in 'version'");
  if (std::ranges::find(table.older_versions, *found) == table.older_versions.end()) {
    return refuse(table, fmt::format("version {} is none of OpenSIPS 3.0 to 4.1 (newest: {})", *found, table.version));
  }
  const bool inconvertible = std::ranges::any_of(
      kInconvertible, [&](const Inconvertible& row) { return row.table == table.name && row.version == *found; });
  return inconvertible ? remake(table, *found) : change(table, *found);
}

// An empty table is made anew.
base::Result<Outcome> Migration::remake(const TableSpec& table, std::uint32_t found) {
  const auto rows = has_rows(table.name);
  if (!rows) return std::unexpected(rows.error());
  if (*rows) {
    return refuse(table, fmt::format("rows of version {} are sessions that version {} can't go on with; empty it first",
                                     found, table.version));
  }
  fmt::print("{}: version {} to {}, made anew, as it is empty\n", table.name, found, table.version);
  if (options_.dry_run) return Outcome::Changed;
  if (auto dropped = database_.drop_table(table.name); !dropped) return std::unexpected(std::move(dropped.error()));
  if (auto made = database_.create_table(table); !made) return std::unexpected(std::move(made.error()));
  return Outcome::Changed;
}

base::Result<Outcome> Migration::change(const TableSpec& table, std::uint32_t found) {
  storage::TableChange change{.table = table.name};
  std::string said;
  for (const storage::Column& column : table.columns) {
    const auto there = has_column(table.name, column.name);
    if (!there) return std::unexpected(there.error());
    if (*there) continue;
    const auto* const rename = std::ranges::find_if(
        kRenames, [&](const Rename& row) { return row.table == table.name && row.to == column.name; });
    base::Result<bool> renamed = false;
    if (rename != kRenames.end()) renamed = has_column(table.name, rename->from);
    if (!renamed) return std::unexpected(renamed.error());
    if (*renamed) {
      change.renamed.push_back({.from = rename->from, .to = rename->to});
      said += fmt::format(", {} is now {}", rename->from, rename->to);
    } else {
      change.added.push_back(&column);
      said += fmt::format(", {} added", column.name);
    }
  }
  fmt::print("{}: version {} to {}{}\n", table.name, found, table.version, said);
  if (options_.dry_run) return Outcome::Changed;
  if (!change.added.empty() || !change.renamed.empty()) {
    auto changed = database_.change_table(change);
    if (!changed && Database::fault_of(changed.error()) == Fault::Unsupported) {
      return refuse(table, changed.error().message);
    }
    if (!changed) return std::unexpected(std::move(changed.error()));
  }
  if (auto filled = fill(table, change); !filled) return std::unexpected(std::move(filled.error()));
  if (auto set = set_version(table); !set) return std::unexpected(std::move(set.error()));
  return Outcome::Changed;
}

base::Result<> Migration::fill(const TableSpec& table, const storage::TableChange& change) {
  for (const Fill& row : kFills) {
    const bool added =
        std::ranges::any_of(change.added, [&](const auto* column) { return column->name == row.column; });
    if (row.table != table.name || !added) continue;
    auto written =
        database_.write(storage::Update{.table = std::string(table.name),
                                        .columns = {std::string(row.column)},
                                        .values = {std::string(row.value)},
                                        .where = {{.column = std::string(row.column), .value = std::string()}}});
    if (!written) return std::unexpected(std::move(written.error()));
  }
  return {};
}

base::Result<bool> Migration::has_column(std::string_view table, std::string_view column) {
  auto read = database_.select({.table = std::string(table), .columns = {std::string(column)}, .limit = 1},
                               [](const storage::Row&) { return false; });
  if (read) return true;
  const Fault fault = Database::fault_of(read.error());
  if (fault == Fault::Unavailable || fault == Fault::Busy || fault == Fault::NotADatabase) {
    return std::unexpected(std::move(read.error()));
  }
  return false;
}

base::Result<bool> Migration::has_rows(std::string_view table) {
  bool found = false;
  auto read = database_.select({.table = std::string(table), .limit = 1}, [&](const storage::Row&) {
    found = true;
    return false;
  });
  if (!read) return std::unexpected(std::move(read.error()));
  return found;
}

base::Result<> Migration::set_version(const TableSpec& table) {
  auto written =
      database_.write(storage::Update{.table = std::string(storage::version_table().name),
                                      .columns = {"table_version"},
                                      .values = {std::int64_t{table.version}},
                                      .where = {{.column = "table_name", .value = std::string(table.name)}}});
  if (!written) return std::unexpected(std::move(written.error()));
  return {};
}

}  // namespace

int migrate_database(const MigrateOptions& options) {
  auto choice = DatabaseChoice::make(options.database);
  if (!choice) return complain(choice.error().message);
  const base::Result<std::string> admin =
      options.root_user.empty() ? choice->url() : administrator_url(*choice, options.root_user);
  if (!admin) return complain(admin.error().message);
  auto database = choice->databases().open(*admin);
  if (!database) return complain(database.error().message);
  return Migration(**database, options).run();
}

}  // namespace carillon::server
