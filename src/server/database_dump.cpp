// SPDX-License-Identifier: Apache-2.0
// `carillon db dump`.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "server/database_commands.h"
#include "server/database_tables.h"
#include "server/dump_format.h"
#include "server/terminal.h"

namespace carillon::server {
namespace {

using storage::Database;

std::unexpected<base::Error> system_failure(const std::string& what) {
  return base::fail(fmt::format("{}: {}", what, std::strerror(errno)));  // NOLINT(concurrency-mt-unsafe)
}

// A file that has its name only when it is whole, readable by its owner alone, as it holds password hashes; or standard
// output.
class Output {
 public:
  explicit Output(std::string name) : name_(std::move(name)) {}
  ~Output() {
    if (temporary_.empty()) return;
    ::close(file_);
    ::unlink(temporary_.c_str());
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  base::Result<> open() {
    if (name_ == "-") {
      file_ = STDOUT_FILENO;
      return {};
    }
    struct stat status{};
    if (::stat(name_.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {  // a pipe, a device
      file_ = ::open(name_.c_str(), O_WRONLY | O_CLOEXEC);
      return file_ < 0 ? system_failure(name_) : base::Result<>{};
    }
    std::string path = name_ + ".XXXXXX";
    file_ = ::mkostemp(path.data(), O_CLOEXEC);
    if (file_ < 0) return system_failure(name_);
    temporary_ = std::move(path);
    return {};
  }
  base::Result<> line(const std::string& text) {
    buffer_ += text;
    buffer_ += '\n';
    return buffer_.size() < kBuffer ? base::Result<>{} : flush();
  }
  base::Result<> finish() {
    if (auto flushed = flush(); !flushed || temporary_.empty()) return flushed;
    if (::fsync(file_) != 0 || ::rename(temporary_.c_str(), name_.c_str()) != 0) return system_failure(name_);
    ::close(file_);
    temporary_.clear();
    return {};
  }

 private:
  static constexpr std::size_t kBuffer = std::size_t{1} << 18;

  base::Result<> flush() {
    std::string_view rest = buffer_;
    while (!rest.empty()) {
      const ssize_t size = ::write(file_, rest.data(), rest.size());
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return system_failure(name_ == "-" ? "standard output" : name_);
      rest.remove_prefix(static_cast<std::size_t>(size));
    }
    buffer_.clear();
    return {};
  }

  std::string name_;
  std::string temporary_;
  int file_ = -1;
  std::string buffer_;
};

struct Source {
  std::string name;
  std::uint32_t version = 0;
};

// What is read from: a snapshot, or where there is none, the database as it is from one table to the next.
class Reading {
 public:
  Reading(Database& database, storage::Connection* snapshot) : database_(database), snapshot_(snapshot) {}

  [[nodiscard]] base::Result<> select(const storage::Select& select, const storage::RowFunction& on_row) {
    return snapshot_ != nullptr ? snapshot_->select(select, on_row) : database_.select(select, on_row);
  }
  [[nodiscard]] base::Result<bool> has_table(std::string_view name) {
    return snapshot_ != nullptr ? snapshot_->has_table(name) : database_.has_table(name);
  }
  [[nodiscard]] std::string display() const { return database_.url().display(); }

 private:
  Database& database_;
  storage::Connection* snapshot_;
};

// The tables that the version table lists and that are there.
base::Result<std::vector<Source>> listed_tables(Reading& reading) {
  std::vector<Source> tables;
  auto read = reading.select({.table = std::string(storage::version_table().name),
                              .columns = {"table_name", "table_version"},
                              .order_by = "table_name"},
                             [&](const storage::Row& row) {
                               const auto version = static_cast<std::uint32_t>(row.integer(1));
                               tables.push_back({.name = std::string(row.text(0)), .version = version});
                               return true;
                             });
  if (!read && Database::fault_of(read.error()) == storage::Fault::NoSuchTable) {
    return base::fail(
        fmt::format("{} has no table '{}', which lists its tables", reading.display(), storage::version_table().name));
  }
  if (!read) return std::unexpected(std::move(read.error()));
  std::vector<Source> there;
  for (Source& table : tables) {
    if (table.name == storage::version_table().name) continue;
    const auto exists = reading.has_table(table.name);
    if (!exists) return std::unexpected(exists.error());
    if (*exists) there.push_back(std::move(table));
  }
  return there;
}

base::Result<std::vector<Source>> tables_to_dump(Reading& reading, const std::vector<std::string>& names) {
  auto tables = listed_tables(reading);
  if (!tables || names.empty()) return tables;
  std::vector<Source> chosen;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(*tables, name, &Source::name);
    if (found == tables->end()) return base::fail(fmt::format("{}: there is no table '{}'", reading.display(), name));
    if (std::ranges::find(chosen, name, &Source::name) == chosen.end()) chosen.push_back(*found);
  }
  return chosen;
}

// The number of rows.
base::Result<std::uint64_t> dump_table(Reading& reading, const Source& table, Output& output) {
  const storage::TableSpec* spec = find_table(table.name);
  std::vector<std::string> columns;
  std::vector<const storage::Column*> specs;
  std::uint64_t rows = 0;
  base::Result<> written;
  auto read = reading.select({.table = table.name}, [&](const storage::Row& row) {
    if (rows++ == 0) {
      for (std::size_t i = 0; i < row.size(); ++i) columns.emplace_back(row.name(i));
      for (const std::string& name : columns) specs.push_back(dump::find_column(spec, name));
      written = output.line(dump::table_line(table.name, table.version, columns));
    }
    std::vector<storage::Value> cells;
    for (std::size_t i = 0; i < row.size(); ++i) cells.push_back(dump::as_declared(row.value(i), specs[i]));
    if (written) written = output.line(dump::row_line(cells));
    return written.has_value();
  });
  if (!written) return std::unexpected(std::move(written.error()));
  if (!read) return base::fail(fmt::format("table '{}': {}", table.name, read.error().message), read.error().code);
  if (rows == 0) written = output.line(dump::table_line(table.name, table.version, {}));
  if (!written) return std::unexpected(std::move(written.error()));
  return rows;
}

base::Result<> dump_all(Reading reading, const DumpOptions& options) {
  auto tables = tables_to_dump(reading, options.tables);
  if (!tables) return std::unexpected(std::move(tables.error()));
  Output output(options.file);
  if (auto opened = output.open(); !opened) return opened;
  std::vector<std::string> names;
  for (const Source& table : *tables) names.push_back(table.name);
  if (auto begun = output.line(dump::first_line(names)); !begun) return begun;
  std::uint64_t total = 0;
  for (const Source& table : *tables) {
    const auto rows = dump_table(reading, table, output);
    if (!rows) return std::unexpected(rows.error());
    if (!options.quiet && *rows > 0) fmt::print(stderr, "{}: {} rows\n", table.name, *rows);
    total += *rows;
  }
  if (auto ended = output.line(dump::last_line(total)); !ended) return ended;
  if (auto finished = output.finish(); !finished) return finished;
  if (!options.quiet) fmt::print(stderr, "{}: {} tables, {} rows\n", options.file, tables->size(), total);
  return {};
}

base::Result<> dump_at_one_moment(Database& database, const DumpOptions& options) {
  bool begun = false;
  auto dumped = database.read_snapshot([&](storage::Connection& snapshot) {
    begun = true;
    return dump_all(Reading(database, &snapshot), options);
  });
  if (begun || dumped || Database::fault_of(dumped.error()) != storage::Fault::Unsupported) return dumped;
  fmt::print(stderr,
             "carillon: {}; tables are read one after the other, and rows that are written meanwhile may be "
             "in one and not in another\n",
             dumped.error().message);
  return dump_all(Reading(database, nullptr), options);
}

}  // namespace

int dump_database(const DumpOptions& options) {
  auto choice = DatabaseChoice::make(options.database);
  if (!choice) return complain(choice.error().message);
  auto database = choice->open();
  if (!database) return complain(database.error().message);
  const auto dumped = dump_at_one_moment(**database, options);
  return dumped ? kSuccess : complain(dumped.error().message);
}

}  // namespace carillon::server
