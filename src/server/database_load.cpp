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
using storage::Fault;
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
      if (c == EOF && std::ferror(file_) != 0) return base::fail("it can't be read");
      if (c == EOF && text.empty()) return std::optional<std::string>{};
      if (c == EOF || c == '\n') return text;
      text += static_cast<char>(c);
      if (text.size() > dump::kMaxLine) return base::fail("the line is too long");
    }
  }
  [[nodiscard]] std::size_t number() const { return number_; }
  [[nodiscard]] std::string place() const { return place(number_); }
  [[nodiscard]] std::string place(std::size_t number) const { return fmt::format("{}:{}: ", name_, number); }

 private:
  std::string name_;
  std::FILE* file_;
  std::size_t number_ = 0;
};

// Everything is one transaction where the database has them; where it hasn't, each batch of rows is one.
class Loader {
 public:
  Loader(Database& database, Input& input, const LoadOptions& options)
      : database_(database), input_(input), options_(options) {}

  base::Result<> run();
  [[nodiscard]] std::uint64_t rows() const { return total_; }

 private:
  base::Result<dump::First> read_first();
  base::Result<> check(const dump::First& first);
  base::Result<> make_tables(const dump::First& first);
  base::Result<> read_tables();
  base::Result<> empty_again();
  base::Result<> on(dump::Item item, std::size_t bytes);
  base::Result<> begin_table(dump::Table table);
  base::Result<> end_table();
  base::Result<> add(dump::Row row, std::size_t bytes);
  base::Result<> flush();
  base::Result<> write_one_by_one(const storage::Rows& rows);
  [[nodiscard]] base::Result<std::uint64_t> write(storage::Rows rows);
  [[nodiscard]] std::unexpected<base::Error> here(const base::Error& error) const {
    return base::fail(input_.place() + error.message, error.code);
  }

  Database& database_;
  Input& input_;
  const LoadOptions& options_;
  storage::Transaction* transaction_ = nullptr;
  std::vector<std::string> tables_;  // all are there
  std::vector<std::string> begun_;
  dump::Table table_;
  std::vector<const storage::Column*> columns_;
  std::string key_;  // of the primary key, which --force overwrites by
  storage::Rows batch_;
  std::size_t batch_bytes_ = 0;
  std::size_t batch_line_ = 0;  // of its first row
  std::uint64_t table_rows_ = 0;
  std::uint64_t total_ = 0;
  bool ended_ = false;
};

base::Result<> Loader::run() {
  const auto first = read_first();
  if (!first) return here(first.error());
  if (auto checked = check(*first); !checked) return here(checked.error());
  // In the middle of a transaction MariaDB makes none.
  if (auto made = make_tables(*first); !made) return here(made.error());
  bool begun = false;
  auto loaded = database_.transact([&](storage::Transaction& transaction) {
    begun = true;
    transaction_ = &transaction;
    return read_tables();
  });
  transaction_ = nullptr;
  if (begun || loaded || Database::fault_of(loaded.error()) != Fault::Unsupported) return loaded;
  loaded = read_tables();
  if (!loaded && !options_.force) {
    if (auto emptied = empty_again(); !emptied) complain(emptied.error().message);
  }
  return loaded;
}

// They had no rows when this began.
base::Result<> Loader::empty_again() {
  std::string problems;
  for (const std::string& table : begun_) {
    auto emptied = database_.write(storage::Delete{.table = table});
    if (!emptied) problems += fmt::format("\n  {}: {}", table, emptied.error().message);
  }
  return problems.empty() ? base::Result<>{} : base::fail("what was loaded into these tables stays:" + problems);
}

base::Result<dump::First> Loader::read_first() {
  auto line = input_.line();
  if (!line) return std::unexpected(std::move(line.error()));
  if (!*line) return base::fail("it is empty");
  auto item = dump::read_line(**line);
  if (!item) return std::unexpected(std::move(item.error()));
  auto* first = std::get_if<dump::First>(&*item);
  if (first == nullptr) return base::fail("not a dump: its first line is missing");
  return std::move(*first);
}

base::Result<> Loader::read_tables() {
  while (!ended_) {
    auto line = input_.line();
    if (!line) return here(line.error());
    if (!*line) return here({.message = "the dump ends in the middle: its last line is missing"});
    auto item = dump::read_line(**line);
    if (!item) return here(item.error());
    if (auto done = on(std::move(*item), (*line)->size()); !done) return done;
  }
  return {};
}

base::Result<> Loader::on(dump::Item item, std::size_t bytes) {
  if (auto* row = std::get_if<dump::Row>(&item)) return add(std::move(*row), bytes);
  if (std::holds_alternative<dump::First>(item)) return here({.message = "a second first line"});
  if (auto ended = end_table(); !ended) return ended;
  if (auto* table = std::get_if<dump::Table>(&item)) return begin_table(std::move(*table));
  ended_ = true;
  const std::uint64_t rows = std::get<dump::Last>(item).rows;
  if (rows == total_) return {};
  return here({.message = fmt::format("{} rows were read of {}", total_, rows)});
}

// Everything that can be refused before the first row is.
base::Result<> Loader::check(const dump::First& first) {
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

base::Result<> Loader::make_tables(const dump::First& first) {
  for (const std::string& table : first.tables) {
    const auto exists = database_.has_table(table);
    if (!exists) return std::unexpected(exists.error());
    if (*exists) continue;
    if (auto made = database_.create_table(*find_table(table)); !made) return made;
  }
  tables_ = first.tables;
  return {};
}

base::Result<> Loader::begin_table(dump::Table table) {
  const TableSpec* spec = find_table(table.name);
  if (std::ranges::find(tables_, table.name) == tables_.end())
    return here({.message = fmt::format("table '{}' isn't in the list of the first line", table.name)});
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
    return here({.message = fmt::format("table '{}', row {}: {} cells for {} columns", table_.name, table_rows_ + 1,
                                        row.cells.size(), table_.columns.size())});
  }
  if (batch_.values.empty()) batch_line_ = input_.number();
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    batch_.values.push_back(dump::as_declared(std::move(row.cells[i]), columns_[i]));
  }
  ++table_rows_;
  ++total_;
  batch_bytes_ += bytes;
  const bool full = batch_.values.size() >= kBatchRows * batch_.columns.size() || batch_bytes_ >= kBatchBytes;
  return full ? flush() : base::Result<>{};
}

base::Result<std::uint64_t> Loader::write(storage::Rows rows) {
  const bool keyed = std::ranges::find(rows.columns, key_) != rows.columns.end();
  storage::Write write = storage::Insert{.table = table_.name, .rows = {}};
  if (options_.force && keyed) {
    write = storage::Upsert{.table = table_.name, .keys = {key_}, .rows = std::move(rows)};
  } else {
    std::get<storage::Insert>(write).rows = std::move(rows);
  }
  return transaction_ != nullptr ? transaction_->write(write) : database_.write(std::move(write));
}

base::Result<> Loader::flush() {
  if (batch_.values.empty()) return {};
  const storage::Rows rows{.columns = batch_.columns, .values = std::move(batch_.values)};
  batch_.values = {};
  batch_bytes_ = 0;
  auto written = write(rows);
  if (written) return {};
  const bool may_try = transaction_ == nullptr || transaction_->stands();
  if (may_try && !storage::may_pass(Database::fault_of(written.error()))) return write_one_by_one(rows);
  const std::size_t count = rows.values.size() / rows.columns.size();
  return base::fail(fmt::format("{}table '{}', rows {} to {}: {}", input_.place(batch_line_), table_.name,
                                table_rows_ - count + 1, table_rows_, written.error().message),
                    written.error().code);
}

// Finds the row that is refused.
base::Result<> Loader::write_one_by_one(const storage::Rows& rows) {
  const std::size_t width = rows.columns.size();
  const std::size_t count = rows.values.size() / width;
  for (std::size_t i = 0; i < count; ++i) {
    const auto cells = rows.values.begin() + static_cast<std::ptrdiff_t>(i * width);
    storage::Rows one{.columns = rows.columns, .values = {cells, cells + static_cast<std::ptrdiff_t>(width)}};
    auto written = write(std::move(one));
    if (written) continue;
    return base::fail(fmt::format("{}table '{}', row {}: {}", input_.place(batch_line_ + i), table_.name,
                                  table_rows_ - count + i + 1, written.error().message),
                      written.error().code);
  }
  return {};
}

base::Result<> Loader::end_table() {
  if (table_.name.empty()) return {};
  if (auto flushed = flush(); !flushed) return flushed;
  if (!options_.quiet && table_rows_ > 0) fmt::print(stderr, "{}: {} rows\n", table_.name, table_rows_);
  const TableSpec* spec = find_table(table_.name);
  const bool counts = spec != nullptr && std::ranges::any_of(spec->columns, &storage::Column::auto_increment);
  if (transaction_ == nullptr || !counts || table_rows_ == 0) return {};
  auto set = transaction_->count_on(table_.name, key_);
  if (!set) return here(set.error());
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
