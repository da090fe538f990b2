// SPDX-License-Identifier: Apache-2.0
// `carillon db load`.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

#include "server/database_commands.h"
#include "server/database_tables.h"
#include "server/dump_format.h"

namespace carillon::server {
namespace {

using storage::Database;
using storage::TableSpec;

constexpr std::size_t kBatchRows = 500;
constexpr std::size_t kBatchBytes = std::size_t{1} << 20;  // of lines

// Lines of a file or of standard input.
class Input {
 public:
  explicit Input(const std::string& name)
      : name_(name == "-" ? "standard input" : name), file_(name == "-" ? stdin : std::fopen(name.c_str(), "re")) {}
  ~Input() {
    if (file_ != nullptr && file_ != stdin) std::fclose(file_);
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  [[nodiscard]] bool is_open() const { return file_ != nullptr; }
  // Nothing at the end of the file.
  [[nodiscard]] base::Result<std::optional<std::string>> line() {
    ++number_;
    std::string text;
    while (true) {
      const int c = std::getc(file_);
      if (c == EOF && std::ferror(file_) != 0) return base::fail(place() + "it can't be read");
      if (c == EOF && text.empty()) return std::optional<std::string>{};
      if (c == EOF || c == '\n') return text;
      text += static_cast<char>(c);
      if (text.size() > dump::kMaxLine) return base::fail(place() + "the line is too long");
    }
  }
  [[nodiscard]] std::string place() const { return fmt::format("{}:{}: ", name_, number_); }

 private:
  std::string name_;
  std::FILE* file_;
  std::size_t number_ = 0;
};

class Loader {
 public:
  Loader(Database& database, Input& input, const LoadOptions& options)
      : database_(database), input_(input), options_(options) {}

  // Unless forced, tables that were empty before are empty again after an error.
  base::Result<> run() {
    auto read = read_all();
    if (!read && !options_.force) {
      for (const std::string& table : begun_) {
        if (auto emptied = database_.write(storage::Delete{.table = table}); !emptied) {
          complain(fmt::format("table '{}' keeps what was loaded into it: {}", table, emptied.error().message));
        }
      }
    }
    return read;
  }
  [[nodiscard]] std::uint64_t rows() const { return total_; }

 private:
  base::Result<> read_all();
  base::Result<> begin(const dump::First& first);
  base::Result<> begin_table(dump::Table table);
  base::Result<> end_table();
  base::Result<> add(dump::Row row, std::size_t bytes);
  base::Result<> flush();
  base::Result<> on(dump::Item item, std::size_t bytes);

  Database& database_;
  Input& input_;
  const LoadOptions& options_;
  std::vector<std::string> begun_;
  dump::Table table_;
  std::vector<const storage::Column*> columns_;
  std::string key_;  // of the primary key, which --force overwrites by
  storage::Rows batch_;
  std::size_t batch_bytes_ = 0;
  std::uint64_t table_rows_ = 0;
  std::uint64_t total_ = 0;
  bool started_ = false;
  bool ended_ = false;
};

base::Result<> Loader::read_all() {
  while (!ended_) {
    auto line = input_.line();
    if (!line) return std::unexpected(std::move(line.error()));
    if (!*line) return base::fail(input_.place() + "the dump ends in the middle: its last line is missing");
    auto item = dump::read_line(**line);
    if (!item) return base::fail(input_.place() + item.error().message);
    if (!started_ && !std::holds_alternative<dump::First>(*item)) {
      return base::fail(input_.place() + "not a dump: its first line is missing");
    }
    const std::string place = input_.place();
    if (auto done = on(std::move(*item), (*line)->size()); !done) {
      return base::fail(place + done.error().message, done.error().code);
    }
  }
  return {};
}

base::Result<> Loader::on(dump::Item item, std::size_t bytes) {
  if (auto* first = std::get_if<dump::First>(&item)) return begin(*first);
  if (auto* table = std::get_if<dump::Table>(&item)) {
    if (auto ended = end_table(); !ended) return ended;
    return begin_table(std::move(*table));
  }
  if (auto* row = std::get_if<dump::Row>(&item)) return add(std::move(*row), bytes);
  if (auto ended = end_table(); !ended) return ended;
  ended_ = true;
  const std::uint64_t rows = std::get<dump::Last>(item).rows;
  return rows == total_ ? base::Result<>{} : base::fail(fmt::format("{} rows were read of {}", total_, rows));
}

// Everything that can be refused before the first row is.
base::Result<> Loader::begin(const dump::First& first) {
  if (started_) return base::fail("a second first line");
  started_ = true;
  std::string problems;
  for (const std::string& table : first.tables) {
    auto exists = database_.has_table(table);
    if (!exists) return std::unexpected(std::move(exists.error()));
    if (!*exists && find_table(table) == nullptr)
      problems += fmt::format("\n  {}: isn't there, and isn't known", table);
    if (!*exists || options_.force) continue;
    bool has_rows = false;
    auto read = database_.select({.table = table, .limit = 1}, [&](const storage::Row&) {
      has_rows = true;
      return false;
    });
    if (!read) return read;
    if (has_rows) problems += fmt::format("\n  {}: has rows (--force loads into it)", table);
  }
  return problems.empty() ? base::Result<>{} : base::fail("nothing was loaded:" + problems);
}

base::Result<> Loader::begin_table(dump::Table table) {
  const TableSpec* spec = find_table(table.name);
  auto exists = database_.has_table(table.name);
  if (!exists) return std::unexpected(std::move(exists.error()));
  if (!*exists && spec == nullptr) return base::fail(fmt::format("table '{}' isn't known", table.name));
  if (!*exists) {
    if (auto made = database_.create_table(*spec); !made) return made;
  }
  table_ = std::move(table);
  columns_.clear();
  for (const std::string& name : table_.columns) columns_.push_back(dump::find_column(spec, name));
  key_.clear();
  if (spec != nullptr) {
    for (const storage::Column& column : spec->columns) {
      if (column.auto_increment) key_ = column.name;
    }
    for (const storage::Key& key : spec->keys) {
      if (key.kind == storage::KeyKind::Primary && key_.empty()) key_ = key.columns;
    }
  }
  batch_ = {.columns = table_.columns, .values = {}};
  table_rows_ = 0;
  begun_.push_back(table_.name);
  return {};
}

base::Result<> Loader::add(dump::Row row, std::size_t bytes) {
  if (table_.name.empty() || row.cells.size() != table_.columns.size()) {
    return base::fail(fmt::format("a row of {} cells for {} columns", row.cells.size(), table_.columns.size()));
  }
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    batch_.values.push_back(dump::as_declared(std::move(row.cells[i]), columns_[i]));
  }
  ++table_rows_;
  ++total_;
  batch_bytes_ += bytes;
  const bool full = batch_.values.size() >= kBatchRows * batch_.columns.size() || batch_bytes_ >= kBatchBytes;
  return full ? flush() : base::Result<>{};
}

base::Result<> Loader::flush() {
  if (batch_.values.empty()) return {};
  storage::Rows rows{.columns = batch_.columns, .values = std::move(batch_.values)};
  batch_.values = {};
  batch_bytes_ = 0;
  const bool keyed = std::ranges::find(rows.columns, key_) != rows.columns.end();
  base::Result<std::uint64_t> written = std::uint64_t{0};
  if (options_.force && keyed) {
    written = database_.write(storage::Upsert{.table = table_.name, .keys = {key_}, .rows = std::move(rows)});
  } else {
    written = database_.write(storage::Insert{.table = table_.name, .rows = std::move(rows)});
  }
  if (!written)
    return base::fail(fmt::format("table '{}': {}", table_.name, written.error().message), written.error().code);
  return {};
}

base::Result<> Loader::end_table() {
  if (table_.name.empty()) return {};
  if (auto flushed = flush(); !flushed) return flushed;
  if (!options_.quiet && table_rows_ > 0) fmt::print(stderr, "{}: {} rows\n", table_.name, table_rows_);
  // PostgreSQL counts ids apart from the rows.
  const TableSpec* spec = find_table(table_.name);
  const bool counts = spec != nullptr && std::ranges::any_of(spec->columns, &storage::Column::auto_increment);
  if (database_.url().scheme != "postgres" || !counts || table_rows_ == 0) return {};
  auto set = database_.raw({.text = fmt::format("SELECT setval(pg_get_serial_sequence('\"{0}\"', '{1}'), "
                                                "(SELECT max(\"{1}\") FROM \"{0}\"))",
                                                table_.name, key_)});
  if (!set) return std::unexpected(std::move(set.error()));
  return {};
}

}  // namespace

int load_database(const LoadOptions& options) {
  auto choice = DatabaseChoice::make(options.database);
  if (!choice) return complain(choice.error().message);
  Input input(options.file);
  if (!input.is_open()) return complain(options.file + ": it can't be opened");
  auto database = choice->open();
  if (!database) return complain(database.error().message);
  Loader loader(**database, input, options);
  if (auto loaded = loader.run(); !loaded) return complain(loaded.error().message);
  if (!options.quiet) fmt::print(stderr, "{}: {} rows loaded\n", choice->display(), loader.rows());
  return kSuccess;
}

}  // namespace carillon::server
