// SPDX-License-Identifier: Apache-2.0
// Reading, writing and making tables in an SQLite file.
#include "modules/db_sqlite/sqlite_connection.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "base/strings.h"
#include "storage/sql_dialects.h"

namespace carillon::db_sqlite {
namespace {

using storage::Fault;
using storage::Value;

// Shapes of statements are few; a program that makes up new ones all the time starts over now and then.
constexpr std::size_t kKeptStatements = 128;

int bind(sqlite3_stmt* statement, int index, const Value& value) {
  // The values outlive the step, so nothing is copied.
  return std::visit(
      [&](const auto& held) {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, storage::Null>) {
          return sqlite3_bind_null(statement, index);
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
          return sqlite3_bind_int64(statement, index, held);
        } else if constexpr (std::is_same_v<T, double>) {
          return sqlite3_bind_double(statement, index, held);
        } else if constexpr (std::is_same_v<T, std::string>) {
          return sqlite3_bind_text64(statement, index, held.data(), held.size(), SQLITE_STATIC, SQLITE_UTF8);
        } else if constexpr (std::is_same_v<T, storage::Blob>) {
          return sqlite3_bind_blob64(statement, index, held.bytes.data(), held.bytes.size(), SQLITE_STATIC);
        } else {
          const std::string text = storage::format_date_time(held);
          return sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
        }
      },
      value);
}

// Leaves a kept statement unbound and not in the middle of its rows, whatever happens.
class ResetLater {
 public:
  explicit ResetLater(sqlite3_stmt* statement) : statement_(statement) {}
  ~ResetLater() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  ResetLater(const ResetLater&) = delete;
  ResetLater& operator=(const ResetLater&) = delete;

 private:
  sqlite3_stmt* statement_;
};

class SqliteRow final : public storage::Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement)
      : statement_(statement), size_(static_cast<std::size_t>(sqlite3_column_count(statement))) {}

  [[nodiscard]] std::size_t size() const override { return size_; }
  [[nodiscard]] std::string_view name(std::size_t column) const override {
    const char* name = column < size_ ? sqlite3_column_name(statement_, at(column)) : nullptr;
    return name != nullptr ? name : std::string_view();
  }
  [[nodiscard]] bool is_null(std::size_t column) const override {
    return column >= size_ || sqlite3_column_type(statement_, at(column)) == SQLITE_NULL;
  }
  [[nodiscard]] std::int64_t integer(std::size_t column) const override {
    return sqlite3_column_int64(statement_, at(column));
  }
  [[nodiscard]] double real(std::size_t column) const override { return sqlite3_column_double(statement_, at(column)); }
  [[nodiscard]] std::string_view text(std::size_t column) const override {
    const int index = at(column);
    const void* bytes = sqlite3_column_type(statement_, index) == SQLITE_BLOB
                            ? sqlite3_column_blob(statement_, index)
                            : static_cast<const void*>(sqlite3_column_text(statement_, index));
    if (bytes == nullptr) return {};
    return {static_cast<const char*>(bytes), static_cast<std::size_t>(sqlite3_column_bytes(statement_, index))};
  }
  [[nodiscard]] std::int64_t unix_seconds(std::size_t column) const override {
    return std::max<std::int64_t>(storage::parse_date_time(text(column)).value_or(0), 0);
  }
  [[nodiscard]] Value value(std::size_t column) const override {
    switch (sqlite3_column_type(statement_, at(column))) {
      case SQLITE_INTEGER:
        return integer(column);
      case SQLITE_FLOAT:
        return real(column);
      case SQLITE_BLOB:
        return storage::Blob{std::string(text(column))};
      case SQLITE_TEXT:
        return text_value(column);
      default:
        return storage::Null{};
    }
  }

 private:
  // SQLite answers a column beyond the last one with NULL.
  [[nodiscard]] static int at(std::size_t column) { return static_cast<int>(column); }

  // SQLite keeps dates as text; the column's declaration says which they are.
  [[nodiscard]] Value text_value(std::size_t column) const {
    const char* declared = sqlite3_column_decltype(statement_, at(column));
    if (declared != nullptr && base::istarts_with(declared, "DATETIME")) {
      const auto seconds = storage::parse_date_time(text(column));
      if (seconds && *seconds >= 0) return storage::DateTime{*seconds};
    }
    return std::string(text(column));
  }

  sqlite3_stmt* statement_;
  std::size_t size_;
};

}  // namespace

base::Result<sqlite3_stmt*> SqliteConnection::prepared(const std::string& text) {
  if (const auto kept = statements_.find(text); kept != statements_.end()) return kept->second.get();
  auto statement = prepare(handle_.get(), text, path_);
  if (!statement) return std::unexpected(std::move(statement.error()));
  if (statements_.size() >= kKeptStatements) statements_.clear();
  return statements_.emplace(text, std::move(*statement)).first->second.get();
}

base::Result<> SqliteConnection::rows(sqlite3_stmt* statement, const storage::RowFunction& on_row) {
  const SqliteRow row(statement);
  while (true) {
    switch (sqlite3_step(statement)) {
      case SQLITE_ROW:
        if (!on_row(row)) return {};
        break;
      case SQLITE_DONE:
        return {};
      default:
        return failure(handle_.get(), path_);
    }
  }
}

base::Result<> SqliteConnection::select(const storage::Select& select, const storage::RowFunction& on_row) {
  const storage::sql::Statement text = storage::sql::select(storage::sql::sqlite_dialect(), select);
  auto statement = prepared(text.text);
  if (!statement) return std::unexpected(std::move(statement.error()));
  const ResetLater reset(*statement);
  for (std::size_t i = 0; i < text.parameters.size(); ++i) {
    if (bind(*statement, static_cast<int>(i) + 1, *text.parameters[i]) != SQLITE_OK) {
      return failure(handle_.get(), path_);
    }
  }
  return rows(*statement, on_row);
}

template <typename Action>
base::Result<> SqliteConnection::transaction(Action action) {
  const std::scoped_lock only_writer(file_->writer);
  // IMMEDIATE takes the lock now, while waiting for it is still possible.
  if (auto begun = execute(handle_.get(), "BEGIN IMMEDIATE", path_); !begun) return begun;
  base::Result<> done = action();
  if (done) done = execute(handle_.get(), "COMMIT", path_);
  if (!done && sqlite3_get_autocommit(handle_.get()) == 0) {
    // The first error is the one that says something.
    static_cast<void>(execute(handle_.get(), "ROLLBACK", path_));
  }
  return done;
}

base::Result<std::uint64_t> SqliteConnection::write(std::span<const storage::Write> writes) {
  const auto before = sqlite3_total_changes64(handle_.get());
  auto done = transaction([&]() -> base::Result<> {
    for (const storage::Write& write : writes) {
      if (auto written = write_one(write); !written) return written;
    }
    return {};
  });
  if (!done) return std::unexpected(std::move(done.error()));
  return static_cast<std::uint64_t>(sqlite3_total_changes64(handle_.get()) - before);
}

base::Result<> SqliteConnection::write_one(const storage::Write& write) {
  namespace sql = storage::sql;
  if (const auto* insert = std::get_if<storage::Insert>(&write)) {
    return write_rows(sql::insert_rows(storage::sql::sqlite_dialect(), *insert), insert->rows);
  }
  if (const auto* upsert = std::get_if<storage::Upsert>(&write)) {
    return write_rows(sql::upsert_rows(storage::sql::sqlite_dialect(), *upsert), upsert->rows);
  }
  if (const auto* remove = std::get_if<storage::DeleteRows>(&write)) {
    return write_rows(sql::delete_row(storage::sql::sqlite_dialect(), *remove), remove->keys);
  }
  if (const auto* update = std::get_if<storage::Update>(&write))
    return write_once(sql::update(storage::sql::sqlite_dialect(), *update));
  return write_once(sql::remove(storage::sql::sqlite_dialect(), std::get<storage::Delete>(write)));
}

base::Result<> SqliteConnection::step_to_end(sqlite3_stmt* statement) {
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = sqlite3_step(statement);
  if (code != SQLITE_DONE) return failure(handle_.get(), path_);
  return {};
}

base::Result<> SqliteConnection::write_once(const storage::sql::Statement& text) {
  auto statement = prepared(text.text);
  if (!statement) return std::unexpected(std::move(statement.error()));
  const ResetLater reset(*statement);
  for (std::size_t i = 0; i < text.parameters.size(); ++i) {
    if (bind(*statement, static_cast<int>(i) + 1, *text.parameters[i]) != SQLITE_OK) {
      return failure(handle_.get(), path_);
    }
  }
  return step_to_end(*statement);
}

base::Result<> SqliteConnection::write_rows(const std::string& text, const storage::Rows& rows) {
  const std::size_t width = rows.columns.size();
  if (width == 0 || rows.values.size() % width != 0) {
    return base::fail(path_ + ": the number of values doesn't fit the number of columns",
                      static_cast<int>(Fault::Other));
  }
  if (rows.values.empty()) return {};
  auto statement = prepared(text);
  if (!statement) return std::unexpected(std::move(statement.error()));
  const ResetLater reset(*statement);
  for (std::size_t row = 0; row < rows.values.size(); row += width) {
    sqlite3_reset(*statement);
    for (std::size_t i = 0; i < width; ++i) {
      if (bind(*statement, static_cast<int>(i) + 1, rows.values[row + i]) != SQLITE_OK) {
        return failure(handle_.get(), path_);
      }
    }
    if (auto stepped = step_to_end(*statement); !stepped) return stepped;
  }
  return {};
}

// The first row that is read settles which moment that is; a writer goes on beside it.
base::Result<> SqliteConnection::read_snapshot(const storage::ReadFunction& action) {
  if (auto begun = execute(handle_.get(), "BEGIN; SELECT 1 FROM sqlite_master LIMIT 1", path_); !begun) {
    if (sqlite3_get_autocommit(handle_.get()) == 0) static_cast<void>(execute(handle_.get(), "ROLLBACK", path_));
    return begun;
  }
  base::Result<> done = action(*this);
  auto ended = execute(handle_.get(), "ROLLBACK", path_);
  return done ? ended : done;
}

class SqliteConnection::OpenTransaction final : public storage::Transaction {
 public:
  explicit OpenTransaction(SqliteConnection& connection) : connection_(connection) {}

  base::Result<std::uint64_t> write(const storage::Write& write) override {
    const auto before = sqlite3_total_changes64(connection_.handle_.get());
    auto done = execute("SAVEPOINT carillon_write");
    if (done) done = connection_.write_one(write);
    // A full disk undoes the whole transaction.
    if (sqlite3_get_autocommit(connection_.handle_.get()) != 0) {
      if (!failed_) failed_ = done ? base::Error{connection_.path_ + ": the transaction was undone"} : done.error();
      return std::unexpected(*failed_);
    }
    if (!done) {
      auto undone = execute("ROLLBACK TO carillon_write; RELEASE carillon_write");
      if (!undone && !failed_) failed_ = done.error();
      return std::unexpected(std::move(done.error()));
    }
    if (done = execute("RELEASE carillon_write"); !done) return std::unexpected(std::move(done.error()));
    return static_cast<std::uint64_t>(sqlite3_total_changes64(connection_.handle_.get()) - before);
  }
  base::Result<> count_on(std::string_view /*table*/, std::string_view /*column*/) override { return {}; }

  [[nodiscard]] bool stands() const override { return !failed_; }
  [[nodiscard]] base::Result<> result() const {
    return failed_ ? base::Result<>(std::unexpected(*failed_)) : base::Result<>();
  }

 private:
  base::Result<> execute(const char* text) {
    if (failed_) return std::unexpected(*failed_);
    return db_sqlite::execute(connection_.handle_.get(), text, connection_.path_);
  }

  SqliteConnection& connection_;
  std::optional<base::Error> failed_;  // nothing more can be written
};

base::Result<> SqliteConnection::transact(const storage::WriteFunction& action) {
  return transaction([&]() -> base::Result<> {
    OpenTransaction open(*this);
    auto done = action(open);
    return done ? open.result() : done;
  });
}

base::Result<> SqliteConnection::raw(const storage::RawStatement& text, const storage::RowFunction& on_row) {
  // Not kept: its text may hold anything, and it may change the tables that kept ones were prepared for. Scripts write
  // texts in double quotes, as MySQL reads them.
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_DQS_DML, 1, nullptr);
  auto statement = prepare(handle_.get(), text.text, path_);
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  if (!statement) return std::unexpected(std::move(statement.error()));
  if (sqlite3_bind_parameter_count(statement->get()) != static_cast<int>(text.parameters.size())) {
    return base::fail(path_ + ": the statement has another number of parameters", static_cast<int>(Fault::Other));
  }
  for (std::size_t i = 0; i < text.parameters.size(); ++i) {
    if (bind(statement->get(), static_cast<int>(i) + 1, text.parameters[i]) != SQLITE_OK) {
      return failure(handle_.get(), path_);
    }
  }
  std::unique_lock only_writer(file_->writer, std::defer_lock);
  if (sqlite3_stmt_readonly(statement->get()) == 0) only_writer.lock();
  base::Result<> result = rows(statement->get(), on_row);
  statement->reset();
  if (sqlite3_get_autocommit(handle_.get()) == 0) {
    static_cast<void>(execute(handle_.get(), "ROLLBACK", path_));
    if (result) {
      return base::fail(path_ + ": a transaction can't span statements", static_cast<int>(Fault::Unsupported));
    }
  }
  return result;
}

base::Result<> SqliteConnection::create_table(const storage::TableSpec& table) {
  return transaction([&]() -> base::Result<> {
    auto exists = has_table(table.name);
    if (!exists) return std::unexpected(std::move(exists.error()));
    if (*exists) {
      return base::fail(path_ + ": table '" + std::string(table.name) + "' exists already",
                        static_cast<int>(Fault::Duplicate));
    }
    for (const std::string& text : storage::sql::create_table(storage::sql::sqlite_dialect(), table)) {
      if (auto made = execute(handle_.get(), text, path_); !made) return made;
    }
    return {};
  });
}

base::Result<> SqliteConnection::drop_table(std::string_view name) {
  statements_.clear();
  return transaction([&] {
    return execute(handle_.get(), "DROP TABLE " + storage::sql::quoted(storage::sql::sqlite_dialect(), name), path_);
  });
}

base::Result<> SqliteConnection::change_table(const storage::TableChange& change) {
  statements_.clear();
  return transaction([&]() -> base::Result<> {
    for (const std::string& text : storage::sql::change_table(storage::sql::sqlite_dialect(), change)) {
      if (auto changed = execute(handle_.get(), text, path_); !changed) return changed;
    }
    return {};
  });
}

base::Result<bool> SqliteConnection::has_table(std::string_view name) {
  const storage::Select query{
      .table = "sqlite_master",
      .columns = {"name"},
      .where = {{.column = "type", .value = std::string("table")}, {.column = "name", .value = std::string(name)}},
      .limit = 1};
  bool found = false;
  auto read = select(query, [&](const storage::Row&) {
    found = true;
    return false;
  });
  if (!read) return std::unexpected(std::move(read.error()));
  return found;
}

}  // namespace carillon::db_sqlite
