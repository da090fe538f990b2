// SPDX-License-Identifier: Apache-2.0
// See table_directory.h.
#include "storage/table_directory.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/strings.h"
#include "storage/cells.h"
#include "storage/raw_statement.h"

namespace carillon::storage {
namespace {

constexpr std::size_t kMaxNameBytes = 64;

// Also a file's name: no path, nothing hidden.
bool is_table_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && name.front() != '.' && name.front() != '-' &&
         std::ranges::all_of(
             name, [](char c) { return base::is_alpha(c) || base::is_digit(c) || c == '_' || c == '-' || c == '.'; });
}

std::unexpected<base::Error> no_table(const std::string& path, std::string_view name) {
  return base::fail(fmt::format("{}: there is no table '{}'", path, name), static_cast<int>(Fault::NoSuchTable));
}

const std::string& table_of(const Write& write) {
  return std::visit([](const auto& one) -> const std::string& { return one.table; }, write);
}

bool only_adds(const StoredTable::Changes& changes) {
  return std::ranges::all_of(changes, [](const StoredTable::Change& change) { return change.before == nullptr; });
}

// Of a column that is added, in the rows that are there.
base::Result<Value> first_value(const Column& column) {
  if (column.has_default) return as_type(column.type, std::string(column.default_value));
  if (column.nullable) return Null{};
  const bool text =
      column.type == ColumnType::Char || column.type == ColumnType::Text || column.type == ColumnType::Blob;
  return as_type(column.type, text ? Value(std::string()) : Value(std::int64_t{0}));
}

class DirectoryConnection final : public Connection {
 public:
  explicit DirectoryConnection(std::shared_ptr<TableDirectory> directory) : directory_(std::move(directory)) {}

  [[nodiscard]] base::Result<> select(const Select& select, const RowFunction& on_row) override {
    return directory_->select(select, on_row);
  }
  [[nodiscard]] base::Result<std::uint64_t> write(std::span<const Write> writes) override {
    return directory_->write(writes);
  }
  [[nodiscard]] base::Result<> raw(const RawStatement& statement, const RowFunction& on_row) override {
    return directory_->raw(statement, on_row);
  }
  [[nodiscard]] base::Result<> create_table(const TableSpec& table) override { return directory_->create_table(table); }
  [[nodiscard]] base::Result<> change_table(const TableChange& change) override {
    return directory_->change_table(change);
  }
  [[nodiscard]] base::Result<> drop_table(std::string_view name) override { return directory_->drop_table(name); }
  [[nodiscard]] base::Result<bool> has_table(std::string_view name) override { return directory_->has_table(name); }

 private:
  std::shared_ptr<TableDirectory> directory_;  // shared by all connections to it; the last one drops what is held
};

}  // namespace

base::Result<TableDirectory::Held*> TableDirectory::load(const std::string& name) {
  if (!is_table_name(name)) return no_table(path_, name);
  const FileStamp stamp = FileStamp::of(file_of(name));
  if (stamp.inode == 0) {
    if (::access(path_.c_str(), X_OK) != 0) return file_failure(path_, errno);
    tables_.erase(name);
    return no_table(path_, name);
  }
  auto loaded = format_.read(path_, name);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  const auto at = tables_.find(name);
  if (at != tables_.end()) tables_.erase(at);
  const auto placed = tables_.emplace(name, Held{std::move(loaded->table), stamp, loaded->appendable});
  return &placed.first->second;
}

base::Result<TableDirectory::Held*> TableDirectory::current(std::string_view name) {
  const auto held = tables_.find(name);
  if (held != tables_.end() && held->second.stamp == FileStamp::of(file_of(name))) return &held->second;
  return load(std::string(name));
}

base::Result<std::vector<StoredRowPtr>> TableDirectory::find(const Select& select, std::vector<std::string>& names,
                                                             std::vector<std::size_t>& positions) {
  const auto look = [&](const StoredTable& table) {
    names = select.columns;
    if (names.empty()) {
      for (const StoredColumn& column : table.schema().columns) names.push_back(column.name);
    }
    for (const std::string& name : names) positions.push_back(table.schema().find(name).value_or(0));
    return table.find(select);  // refuses the name of a column that isn't there
  };
  {
    const std::shared_lock lock(mutex_);
    const auto held = tables_.find(select.table);
    const bool fresh =
        held != tables_.end() && (!check_each_time_ || held->second.stamp == FileStamp::of(file_of(select.table)));
    if (fresh) return look(held->second.table);
  }
  const std::unique_lock lock(mutex_);
  auto held = current(select.table);
  if (!held) return std::unexpected(std::move(held.error()));
  return look((*held)->table);
}

base::Result<> TableDirectory::select(const Select& select, const RowFunction& on_row) {
  std::vector<std::string> names;
  std::vector<std::size_t> positions;
  auto rows = find(select, names, positions);
  if (!rows) return std::unexpected(std::move(rows.error()));
  CellsRow row({names.begin(), names.end()});
  for (StoredRowPtr& one : *rows) {
    for (std::size_t i = 0; i < positions.size(); ++i) row.set(i, &(*one)[positions[i]]);
    if (!on_row(row)) break;
    one.reset();
  }
  return {};
}

base::Result<> TableDirectory::count(const Select& query, const RowFunction& on_row) {
  std::vector<std::string> names;
  std::vector<std::size_t> positions;
  auto rows = find(query, names, positions);
  if (!rows) return std::unexpected(std::move(rows.error()));
  const Value number = static_cast<std::int64_t>(rows->size());
  CellsRow row({"count(*)"});
  row.set(0, &number);
  on_row(row);
  return {};
}

base::Result<> TableDirectory::raw(const RawStatement& statement, const RowFunction& on_row) {
  auto parsed = parse_statement(statement);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  if (const auto* query = std::get_if<Select>(&parsed->what)) {
    return parsed->count ? count(*query, on_row) : select(*query, on_row);
  }
  auto written = write({&std::get<Write>(parsed->what), 1});
  if (!written) return std::unexpected(std::move(written.error()));
  return {};
}

base::Result<std::uint64_t> TableDirectory::apply(std::span<const Write> writes, Transaction& transaction) {
  std::uint64_t touched = 0;
  for (const Write& write : writes) {
    const std::string& name = table_of(write);
    auto known = transaction.find(name);
    if (known == transaction.end()) {
      auto held = current(name);
      if (!held) return std::unexpected(std::move(held.error()));
      if (auto allowed = format_.allow_write((*held)->table); !allowed) {
        return std::unexpected(std::move(allowed.error()));
      }
      known = transaction.emplace(name, Changed{*held}).first;
    }
    auto done = known->second.held->table.apply(write, known->second.changes);
    if (!done) return done;
    touched += *done;
  }
  return touched;
}

base::Result<bool> TableDirectory::try_append(const std::string& name, Changed& changed) {
  Held& held = *changed.held;
  if (!held.appendable || !only_adds(changed.changes)) return false;
  std::vector<StoredRowPtr> rows;
  for (const StoredTable::Change& change : changed.changes) rows.push_back(held.table.rows().at(change.id));
  const auto tail = format_.tail(rows);
  if (!tail) return false;
  if (auto appended = append_to_file(file_of(name), held.stamp.size, *tail); !appended) {
    return std::unexpected(std::move(appended.error()));
  }
  held.stamp = FileStamp::of(file_of(name));
  return true;
}

// All files are written before the first takes its place, so that a full disk changes none.
base::Result<> TableDirectory::rewrite(Transaction& transaction) {
  std::vector<std::string> made;
  base::Result<> result;
  for (auto& [name, changed] : transaction) {
    if (changed.changes.empty()) continue;
    made.push_back(name);
    result = format_.write(changed.held->table, temporary_of(name));
    if (!result) break;
  }
  for (const std::string& name : made) {
    if (result) result = settle_file(temporary_of(name), file_of(name));
    if (!result) ::unlink(temporary_of(name).c_str());
  }
  for (const std::string& name : made) {
    Held& held = *transaction.find(name)->second.held;
    // Should the second of two not get its place, the first is read again before the next write.
    held.stamp = result ? FileStamp::of(file_of(name)) : FileStamp{};
    held.appendable = result.has_value();
  }
  return result;
}

base::Result<> TableDirectory::persist(Transaction& transaction) {
  std::erase_if(transaction, [](const auto& entry) { return entry.second.changes.empty(); });
  if (transaction.size() == 1) {
    auto& [name, changed] = *transaction.begin();
    auto appended = try_append(name, changed);
    if (!appended) return std::unexpected(std::move(appended.error()));
    if (*appended) return {};
  }
  return rewrite(transaction);
}

base::Result<std::uint64_t> TableDirectory::write(std::span<const Write> writes) {
  const std::unique_lock lock(mutex_);
  auto alone = DirectoryLock::take(path_);
  if (!alone) return std::unexpected(std::move(alone.error()));
  Transaction transaction;
  auto touched = apply(writes, transaction);
  if (touched) {
    if (auto persisted = persist(transaction); !persisted) touched = std::unexpected(std::move(persisted.error()));
  }
  for (auto& [name, changed] : transaction) {
    if (!touched) {
      changed.held->table.undo(changed.changes);
    } else {
      format_.written(path_, changed.held->table, changed.changes);
    }
  }
  return touched;
}

base::Result<> TableDirectory::create_table(const TableSpec& spec) {
  const std::string name(spec.name);
  if (!is_table_name(name)) return base::fail(fmt::format("{}: '{}' can't be a table's name", path_, name));
  const std::unique_lock lock(mutex_);
  auto alone = DirectoryLock::take(path_);
  if (!alone) return std::unexpected(std::move(alone.error()));
  if (FileStamp::of(file_of(name)).inode != 0) {
    return base::fail(fmt::format("{}: table '{}' is there already", path_, name), static_cast<int>(Fault::Duplicate));
  }
  auto schema = format_.prepare(path_, name, StoredSchema::of(spec));
  if (!schema) return std::unexpected(std::move(schema.error()));
  return write_anew(StoredTable(name, std::move(*schema)));
}

base::Result<> TableDirectory::write_anew(const StoredTable& table) {
  if (auto made = format_.write(table, temporary_of(table.name())); !made) return made;
  if (auto settled = settle_file(temporary_of(table.name()), file_of(table.name())); !settled) return settled;
  tables_.erase(table.name());
  return {};
}

base::Result<> TableDirectory::change_table(const TableChange& change) {
  const std::unique_lock lock(mutex_);
  auto alone = DirectoryLock::take(path_);
  if (!alone) return std::unexpected(std::move(alone.error()));
  auto held = current(change.table);
  if (!held) return std::unexpected(std::move(held.error()));
  const StoredTable& before = (*held)->table;
  if (auto allowed = format_.allow_write(before); !allowed) return allowed;

  auto changed = before.schema().changed(change);
  if (!changed) return std::unexpected(std::move(changed.error()));
  auto schema = format_.prepare(path_, before.name(), std::move(*changed));
  if (!schema) return std::unexpected(std::move(schema.error()));
  StoredTable after(before.name(), std::move(*schema));
  StoredRow added;
  for (const Column* column : change.added) {
    auto cell = first_value(*column);
    if (!cell) return std::unexpected(std::move(cell.error()));
    added.push_back(std::move(*cell));
  }
  for (const auto& [id, row] : before.rows()) {
    StoredRow longer = *row;
    longer.insert(longer.end(), added.begin(), added.end());
    if (auto kept = after.add(std::move(longer)); !kept) return kept;
  }
  return write_anew(after);
}

base::Result<> TableDirectory::drop_table(std::string_view name) {
  const std::unique_lock lock(mutex_);
  auto alone = DirectoryLock::take(path_);
  if (!alone) return std::unexpected(std::move(alone.error()));
  const std::string file = file_of(name);
  if (!is_table_name(name) || FileStamp::of(file).inode == 0) return no_table(path_, name);
  if (::unlink(file.c_str()) != 0) return file_failure(file, errno);
  format_.forget(path_, std::string(name));
  if (const auto held = tables_.find(name); held != tables_.end()) tables_.erase(held);
  return {};
}

base::Result<bool> TableDirectory::has_table(std::string_view name) const {
  if (::access(path_.c_str(), X_OK) != 0) return file_failure(path_, errno);
  return is_table_name(name) && FileStamp::of(file_of(name)).inode != 0;
}

base::Result<> TableDirectory::reload(std::string_view table) {
  const std::unique_lock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, held] : tables_) {
    if (table.empty() || table == name) names.push_back(name);
  }
  if (!table.empty() && names.empty()) names.emplace_back(table);
  std::string errors;
  int code = 0;
  for (const std::string& name : names) {
    auto held = load(name);
    if (held) continue;
    code = held.error().code;
    errors += (errors.empty() ? "" : "; ") + held.error().message;
  }
  if (errors.empty()) return {};
  return base::fail(std::move(errors), code);
}

base::Result<std::unique_ptr<Connection>> TableDirectoryDriver::connect(const Url& url) {
  struct stat status{};
  if (::stat(url.path.c_str(), &status) != 0) {
    const int number = errno;
    if (number != ENOENT) return file_failure(url.path, number);
    return base::fail(url.path + ": no such directory; `carillon db create` makes it",
                      static_cast<int>(Fault::Unavailable));
  }
  if (!S_ISDIR(status.st_mode)) {
    return base::fail(url.path + ": not a directory", static_cast<int>(Fault::NotADatabase));
  }
  const std::scoped_lock lock(mutex_);
  std::weak_ptr<TableDirectory>& known = directories_[url.path];
  std::shared_ptr<TableDirectory> directory = known.lock();
  if (!directory) {
    directory = std::make_shared<TableDirectory>(url.path, *format_, settings_.check_each_time);
    known = directory;
  }
  return std::make_unique<DirectoryConnection>(std::move(directory));
}

base::Result<> TableDirectoryDriver::create_database(const Url& url) {
  constexpr mode_t kOwnerAndGroup = S_IRWXU | S_IRGRP | S_IXGRP;
  if (::mkdir(url.path.c_str(), kOwnerAndGroup) == 0) return {};
  const int number = errno;
  struct stat status{};
  if (number == EEXIST && ::stat(url.path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return {};
  return file_failure(url.path, number);
}

base::Result<> TableDirectoryDriver::drop_database(const Url& url) {
  auto alone = DirectoryLock::take(url.path);
  if (!alone) return std::unexpected(std::move(alone.error()));
  if (auto versions = format_->read(url.path, "version"); !versions) {
    return base::fail(fmt::format("{}: not a database; nothing was removed", url.path),
                      static_cast<int>(Fault::NotADatabase));
  }
  std::error_code unreadable;
  std::vector<std::string> tables;
  for (const auto& entry : std::filesystem::directory_iterator(url.path, unreadable)) {
    const std::string name = entry.path().filename();
    if (is_table_name(name) && entry.is_regular_file(unreadable) && format_->read(url.path, name)) {
      tables.push_back(name);
    }
  }
  for (const std::string& name : tables) {
    const std::string file = url.path + "/" + name;
    if (::unlink(file.c_str()) != 0) return file_failure(file, errno);
    ::unlink((url.path + "/." + name + ".new").c_str());
    format_->forget(url.path, name);
  }
  if (::rmdir(url.path.c_str()) != 0 && errno != ENOTEMPTY && errno != EEXIST) return file_failure(url.path, errno);
  return {};
}

std::vector<std::shared_ptr<TableDirectory>> TableDirectoryDriver::directories() {
  const std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<TableDirectory>> result;
  for (const auto& [path, known] : directories_) {
    if (auto directory = known.lock()) result.push_back(std::move(directory));
  }
  return result;
}

}  // namespace carillon::storage
