// SPDX-License-Identifier: Apache-2.0
// Running statements through a driver of unixODBC. Values are bound, never part of a text.
#include "modules/db_unixodbc/odbc_session.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "modules/db_unixodbc/odbc_values.h"
#include "storage/sql_dialects.h"

namespace carillon::db_unixodbc {
namespace {

using storage::Fault;

constexpr std::size_t kKeptStatements = 64;
// SQLite takes 32,766, and others no fewer.
constexpr std::size_t kMostParameters = 10'000;

SQLPOINTER number(std::int64_t value) { return reinterpret_cast<SQLPOINTER>(static_cast<SQLULEN>(value)); }  // NOLINT

SQLCHAR* text(const std::string& value) {
  return reinterpret_cast<SQLCHAR*>(const_cast<char*>(value.c_str()));  // ODBC only reads it
}

std::string information(SQLHDBC connection, SQLUSMALLINT what) {
  std::array<char, 128> buffer{};
  SQLSMALLINT length = 0;
  if (!SQL_SUCCEEDED(SQLGetInfo(connection, what, buffer.data(), static_cast<SQLSMALLINT>(buffer.size()), &length))) {
    return {};
  }
  return buffer.data();
}

// By what the database calls itself.
Product product_of(SQLHDBC connection) {
  const std::string name = information(connection, SQL_DBMS_NAME);
  if (base::istarts_with(name, "mariadb")) return Product::Mariadb;
  if (base::istarts_with(name, "mysql")) return Product::Mysql;
  if (base::istarts_with(name, "postgres")) return Product::Postgres;
  if (base::istarts_with(name, "sqlite")) return Product::Sqlite;
  return Product::Other;
}

storage::sql::Dialect dialect_of(SQLHDBC connection, Product product) {
  namespace sql = storage::sql;
  sql::Dialect dialect = sql::standard_dialect();
  if (product == Product::Mariadb) dialect = sql::mariadb_dialect();
  if (product == Product::Mysql) dialect = sql::mysql_dialect();
  if (product == Product::Postgres) dialect = sql::postgres_dialect();
  if (product == Product::Sqlite) dialect = sql::sqlite_dialect();
  const std::string quote = information(connection, SQL_IDENTIFIER_QUOTE_CHAR);
  if (quote.size() == 1 && quote != " ") dialect.quote = quote.front();
  // What it finds in double quotes and doesn't know as a column, it takes for a text.
  if (product == Product::Sqlite) dialect.quote = '`';
  dialect.numbered_parameters = false;
  // Its driver sets savepoints of its own, and loses count when it meets others.
  if (product == Product::Postgres) dialect.savepoints = false;
  return dialect;
}

bool begins_transaction(std::string_view statement) {
  statement = base::trim(statement);
  if (base::istarts_with(statement, "start transaction")) return true;
  if (!base::istarts_with(statement, "begin")) return false;
  const std::string_view rest = base::trim(statement.substr(std::string_view("begin").size()));
  return rest.empty() || rest.starts_with(';') || base::istarts_with(rest, "tran") || base::istarts_with(rest, "work");
}

}  // namespace

OdbcSession::OdbcSession(std::shared_ptr<Environment> environment, ConnectionHandle handle, std::string name,
                         const Limits& limits)
    : environment_(std::move(environment)),
      handle_(std::move(handle)),
      name_(std::move(name)),
      limits_(limits),
      product_(product_of(handle_.get())),
      dialect_(dialect_of(handle_.get(), product_)),
      used_(std::chrono::steady_clock::now()) {}

std::size_t OdbcSession::most_parameters() const { return kMostParameters; }

std::unexpected<base::Error> OdbcSession::failed(SQLSMALLINT type, SQLHANDLE handle, bool sent) {
  const Diagnosis why = diagnose(type, handle);
  conflicted_ = why.is_conflict();
  if (why.is_loss()) {
    lost_ = true;
    unanswered_ = sent;
  }
  return base::fail(fmt::format("{}: {} ({})", name_, why.message, why.state), static_cast<int>(why.fault()));
}

// ODBC's own time limit is ignored by most drivers.
base::Result<> OdbcSession::set_time_limit(bool limited) {
  const auto seconds = limited ? limits_.query_timeout.count() : 0;
  std::string text;
  if (product_ == Product::Mariadb) text = fmt::format("SET SESSION max_statement_time = {}", seconds);
  if (product_ == Product::Mysql) text = fmt::format("SET SESSION max_execution_time = {}", seconds * 1000);
  if (product_ == Product::Postgres) text = fmt::format("SET statement_timeout = {}", seconds * 1000);
  return text.empty() ? base::Result<>() : command(text);
}

base::Result<> OdbcSession::command(const std::string& sql) {
  const Statement statement(handle_.get());
  if (!statement) return failed(SQL_HANDLE_DBC, handle_.get(), false);
  const SQLRETURN code = SQLExecDirect(statement.get(), text(sql), static_cast<SQLINTEGER>(sql.size()));
  if (!SQL_SUCCEEDED(code) && code != SQL_NO_DATA) return failed(SQL_HANDLE_STMT, statement.get(), true);
  return {};
}

base::Result<> OdbcSession::set_up() {
  if (limits_.query_timeout.count() == 0) return {};
  if (product_ == Product::Mariadb || product_ == Product::Mysql) {
    const std::string wait = fmt::format("SET SESSION innodb_lock_wait_timeout = {}", limits_.query_timeout.count());
    if (auto set = command(wait); !set) return set;
  }
  return set_time_limit(true);
}

// Drivers don't tell of a connection that was closed: the server is asked after a while.
bool OdbcSession::alive() {
  if (!has_idled()) return !lost_;
  auto asked = run({.text = "SELECT 1", .keep = Keep::Prepared}, [](const storage::Row&) { return true; });
  return asked.has_value();
}

base::Result<> OdbcSession::begin() {
  unanswered_ = conflicted_ = false;
  if (SQL_SUCCEEDED(SQLSetConnectAttr(handle_.get(), SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_OFF), 0))) return {};
  return failed(SQL_HANDLE_DBC, handle_.get(), false);
}

base::Result<> OdbcSession::begin_snapshot() {
  std::string first;  // statement of the transaction
  if (product_ == Product::Mariadb || product_ == Product::Mysql) {
    if (auto set = command("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"); !set) return set;
    first = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
  } else if (product_ == Product::Postgres) {
    first = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";
  } else if (product_ == Product::Other) {
    if (auto set = isolate(); !set) return set;
  }
  if (auto begun = begin(); !begun) return begun;
  if (first.empty()) return {};
  auto done = command(first);
  if (!done && !lost_) static_cast<void>(end(SQL_ROLLBACK));
  return done;
}

// The only level of the standard's that has no changes between two reads; whoever writes may have to wait.
base::Result<> OdbcSession::isolate() {
  SQLUINTEGER levels = 0;
  SQLGetInfo(handle_.get(), SQL_TXN_ISOLATION_OPTION, &levels, sizeof(levels), nullptr);
  SQLUINTEGER usual = 0;
  SQLGetConnectAttr(handle_.get(), SQL_ATTR_TXN_ISOLATION, &usual, sizeof(usual), nullptr);
  const bool set =
      (levels & SQL_TXN_SERIALIZABLE) != 0 && usual != 0 &&
      SQL_SUCCEEDED(SQLSetConnectAttr(handle_.get(), SQL_ATTR_TXN_ISOLATION, number(SQL_TXN_SERIALIZABLE), 0));
  if (!set) {
    return base::fail(name_ + ": its ODBC driver has no serializable transactions",
                      static_cast<int>(Fault::Unsupported));
  }
  isolation_ = usual;
  return {};
}

base::Result<> OdbcSession::end(SQLSMALLINT how) {
  unanswered_ = conflicted_ = false;
  base::Result<> result;
  if (!SQL_SUCCEEDED(SQLEndTran(SQL_HANDLE_DBC, handle_.get(), how))) {
    result = failed(SQL_HANDLE_DBC, handle_.get(), true);
  }
  if (!SQL_SUCCEEDED(SQLSetConnectAttr(handle_.get(), SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_ON), 0))) {
    lost_ = true;  // nobody would end the next transaction
  }
  if (const auto usual = std::exchange(isolation_, 0); usual != 0) {
    SQLSetConnectAttr(handle_.get(), SQL_ATTR_TXN_ISOLATION, number(usual), 0);
  }
  return result;
}

base::Result<std::uint64_t> OdbcSession::run(const Request& request, const storage::RowFunction& on_row) {
  used_ = std::chrono::steady_clock::now();
  unanswered_ = conflicted_ = false;
  if (request.keep == Keep::No) {
    if (begins_transaction(request.text)) {
      return base::fail(name_ + ": a transaction can't span statements", static_cast<int>(Fault::Unsupported));
    }
    // MariaDB refuses them itself, and has semicolons within statements.
    if (product_ != Product::Mariadb && storage::has_several_statements(request.text)) {
      return base::fail(name_ + ": exactly one statement is expected", static_cast<int>(Fault::Other));
    }
    auto statement = prepare(request.text, request.endless);
    if (!statement) return std::unexpected(std::move(statement.error()));
    statements_.clear();  // it may change the tables that they were prepared for
    return execute(statement->get(), request, on_row);
  }
  auto kept = statements_.find(request.text);
  if (kept == statements_.end()) {
    auto statement = prepare(request.text, request.endless);
    if (!statement) return std::unexpected(std::move(statement.error()));
    if (statements_.size() >= kKeptStatements) statements_.clear();
    kept = statements_.emplace(std::string(request.text), std::move(*statement)).first;
  }
  auto done = execute(kept->second.get(), request, on_row);
  if (!done) statements_.erase(kept);
  return done;
}

base::Result<Statement> OdbcSession::prepare(std::string_view sql, bool endless) {
  Statement statement(handle_.get());
  if (!statement) return failed(SQL_HANDLE_DBC, handle_.get(), false);
  if (!endless && limits_.query_timeout.count() != 0) {
    SQLSetStmtAttr(statement.get(), SQL_ATTR_QUERY_TIMEOUT, number(limits_.query_timeout.count()), 0);
  }
  const std::string copy(sql);
  if (!SQL_SUCCEEDED(SQLPrepare(statement.get(), text(copy), static_cast<SQLINTEGER>(copy.size())))) {
    return failed(SQL_HANDLE_STMT, statement.get(), false);
  }
  return statement;
}

base::Result<std::uint64_t> OdbcSession::execute(SQLHSTMT statement, const Request& request,
                                                 const storage::RowFunction& on_row) {
  SQLSMALLINT wanted = 0;
  if (SQL_SUCCEEDED(SQLNumParams(statement, &wanted)) &&
      static_cast<std::size_t>(wanted) != request.parameters.size()) {
    return base::fail(name_ + ": the statement has another number of parameters", static_cast<int>(Fault::Other));
  }
  SQLFreeStmt(statement, SQL_RESET_PARAMS);
  Parameters parameters(request.parameters);
  if (!parameters.bind(statement)) return failed(SQL_HANDLE_STMT, statement, false);
  const SQLRETURN code = SQLExecute(statement);
  if (!SQL_SUCCEEDED(code) && code != SQL_NO_DATA) return failed(SQL_HANDLE_STMT, statement, true);
  SQLSMALLINT columns = 0;
  SQLNumResultCols(statement, &columns);
  if (columns == 0) {
    SQLLEN changed = 0;
    SQLRowCount(statement, &changed);
    return changed > 0 ? static_cast<std::uint64_t>(changed) : 0;
  }
  auto read = fetch(statement, on_row);
  SQLFreeStmt(statement, SQL_CLOSE);
  if (!read) return std::unexpected(std::move(read.error()));
  return 0;
}

base::Result<> OdbcSession::fetch(SQLHSTMT statement, const storage::RowFunction& on_row) {
  Cells cells(statement);
  while (true) {
    const SQLRETURN code = SQLFetch(statement);
    if (code == SQL_NO_DATA) return {};
    if (!SQL_SUCCEEDED(code) || !cells.read(statement)) return failed(SQL_HANDLE_STMT, statement, false);
    if (!on_row(cells.row())) return {};
  }
}

base::Result<bool> OdbcSession::has_table(std::string_view name) {
  unanswered_ = conflicted_ = false;
  Statement statement(handle_.get());
  if (!statement) return failed(SQL_HANDLE_DBC, handle_.get(), false);
  // The name is a pattern: what it may match besides is compared below.
  const std::string pattern(name);
  if (!SQL_SUCCEEDED(SQLTables(statement.get(), nullptr, 0, nullptr, 0, text(pattern),
                               static_cast<SQLSMALLINT>(pattern.size()), nullptr, 0))) {
    return failed(SQL_HANDLE_STMT, statement.get(), false);
  }
  constexpr std::size_t kCatalog = 0;
  constexpr std::size_t kTableName = 2;
  std::array<char, 256> catalog{};
  SQLINTEGER length = 0;
  SQLGetConnectAttr(handle_.get(), SQL_ATTR_CURRENT_CATALOG, catalog.data(), static_cast<SQLINTEGER>(catalog.size()),
                    &length);
  const std::string_view current = catalog.data();
  bool found = false;
  auto read = fetch(statement.get(), [&](const storage::Row& row) {
    const bool elsewhere = !current.empty() && !row.text(kCatalog).empty() && row.text(kCatalog) != current;
    found = !elsewhere && base::iequals(row.text(kTableName), name);
    return !found;
  });
  if (!read) return std::unexpected(std::move(read.error()));
  return found;
}

}  // namespace carillon::db_unixodbc
