// SPDX-License-Identifier: Apache-2.0
// Running statements by the protocol of prepared statements: values never become part of a text.
#include "modules/db_mysql/mysql_session.h"

#include <errmsg.h>
#include <fmt/format.h>
#include <mysqld_error.h>
#include <poll.h>
#include <sys/socket.h>

#include <utility>
#include <variant>
#include <vector>

#include "modules/db_mysql/mysql_values.h"
#include "storage/sql_dialects.h"

namespace carillon::db_mysql {
namespace {

using storage::Fault;

// Shapes of statements are few; a program that makes up new ones all the time starts over now and then.
constexpr std::size_t kKeptStatements = 128;
// The protocol's number of parameters has 16 bits.
constexpr std::size_t kMostParameters = 65'000;
// How many rows that nobody wants are read to keep the connection.
constexpr std::size_t kUnwantedRows = 10'000;

bool is_stale(unsigned number) {
  constexpr unsigned kRebind = 2473;  // ER_PS_REBIND, not in MariaDB's header
  return number == CR_NEW_STMT_METADATA || number == ER_NEED_REPREPARE || number == ER_UNKNOWN_STMT_HANDLER ||
         number == kRebind;
}

}  // namespace

MysqlSession::MysqlSession(Handle handle, std::string name, const Limits& limits, storage::SocketWait::By by)
    : handle_(std::move(handle)), name_(std::move(name)), limits_(limits), wait_(by) {}

// Nothing is waited for: neither what is under way, nor what else the server may send.
MysqlSession::~MysqlSession() {
  if (lost_ || under_way_) cut();
  statements_.clear();
}

const storage::sql::Dialect& MysqlSession::dialect() const {
  return mariadb_connection(handle_.get()) != 0 ? storage::sql::mariadb_dialect() : storage::sql::mysql_dialect();
}

std::size_t MysqlSession::most_parameters() const { return kMostParameters; }

void MysqlSession::cut() {
  lost_ = true;
  const int socket = static_cast<int>(mysql_get_socket(handle_.get()));
  if (socket >= 0) ::shutdown(socket, SHUT_RDWR);
}

bool MysqlSession::alive() {
  if (lost_) return false;
  // A server sends nothing unasked, except that it says goodbye.
  pollfd idle{.fd = static_cast<int>(mysql_get_socket(handle_.get())), .events = POLLIN, .revents = 0};
  lost_ = ::poll(&idle, 1, 0) != 0;
  return !lost_;
}

bool MysqlSession::in_transaction() {
  unsigned status = 0;
  mariadb_get_infov(handle_.get(), MARIADB_CONNECTION_SERVER_STATUS, &status);
  return (status & SERVER_STATUS_IN_TRANS) != 0;
}

std::unexpected<base::Error> MysqlSession::failed(std::string_view message, unsigned number, bool sent) {
  last_error_ = number;
  conflicted_ = is_conflict(number);
  if (is_loss(number)) {
    lost_ = true;
    // Errors of 2000 and more are the library's own: the server said nothing.
    unanswered_ = sent && number >= CR_MIN_ERROR && number != CR_SERVER_GONE_ERROR;
    const auto waited = std::chrono::steady_clock::now() - begun_;
    if (limits_.query_timeout.count() != 0 && number >= CR_MIN_ERROR && waited >= limits_.query_timeout) {
      return base::fail(fmt::format("{}: no answer within {} s", name_,
                                    std::chrono::duration_cast<std::chrono::seconds>(waited).count()),
                        static_cast<int>(Fault::Busy));
    }
  }
  return failure(name_, message, number);
}

std::unexpected<base::Error> MysqlSession::failed(MYSQL_STMT* statement, bool sent) {
  // What goes wrong between rows is told of the connection only.
  if (mysql_stmt_errno(statement) == 0) return failed(sent);
  return failed(mysql_stmt_error(statement), mysql_stmt_errno(statement), sent);
}

std::unexpected<base::Error> MysqlSession::failed(bool sent) {
  return failed(mysql_error(handle_.get()), mysql_errno(handle_.get()), sent);
}

base::Result<> MysqlSession::command(std::string_view text) {
  begun_ = std::chrono::steady_clock::now();
  unanswered_ = conflicted_ = false;
  if (mysql_real_query(handle_.get(), text.data(), text.size()) != 0) return failed(true);
  return {};
}

base::Result<> MysqlSession::set_time_limit(bool limited) {
  const auto seconds = limited ? limits_.query_timeout.count() : 0;
  if (mariadb_connection(handle_.get()) != 0) return command(fmt::format("SET SESSION max_statement_time={}", seconds));
  return command(fmt::format("SET SESSION max_execution_time={}", seconds * 1000));
}

base::Result<> MysqlSession::set_up() {
  if (limits_.query_timeout.count() == 0) return {};
  const std::string wait = fmt::format("SET SESSION innodb_lock_wait_timeout={}", limits_.query_timeout.count());
  if (auto set = command(wait); !set) return set;
  return set_time_limit(true);
}

// Of InnoDB's tables, which OpenSIPS's are; those of engines without transactions are read as they are.
base::Result<> MysqlSession::begin_snapshot() {
  if (auto set = command("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"); !set) return set;
  return command("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
}

base::Result<std::uint64_t> MysqlSession::run(const Request& request, const storage::RowFunction& on_row) {
  if (!request.endless || limits_.query_timeout.count() == 0) return base::value_of(statement(request, on_row));
  if (auto set = set_time_limit(false); !set) return std::unexpected(std::move(set.error()));
  auto result = base::value_of(statement(request, on_row));
  if (!lost_ && !set_time_limit(true)) cut();
  return result;
}

// --- one statement ---------------------------------------------------------------------------------------------------

storage::SocketWait::Awaiter MysqlSession::ready(int wanted) {
  const bool limited = (wanted & MYSQL_WAIT_TIMEOUT) != 0;
  const base::Duration limit =
      limited ? std::chrono::milliseconds(mysql_get_timeout_value_ms(handle_.get())) : storage::SocketWait::kForEver;
  return wait_.until(
      socket(), {.readable = (wanted & MYSQL_WAIT_READ) != 0, .writable = (wanted & MYSQL_WAIT_WRITE) != 0}, limit);
}

int MysqlSession::bits_of(net::Readiness ready) {
  const int bits = (ready.readable ? MYSQL_WAIT_READ : 0) | (ready.writable ? MYSQL_WAIT_WRITE : 0);
  return bits != 0 ? bits : MYSQL_WAIT_TIMEOUT;
}

MysqlSession::Changed MysqlSession::statement(const Request& request, const storage::RowFunction& on_row) {
  begun_ = std::chrono::steady_clock::now();
  unanswered_ = conflicted_ = false;
  under_way_ = true;
  auto done = co_await prepared_statement(request, on_row);
  under_way_ = false;
  co_return done;
}

MysqlSession::Changed MysqlSession::prepared_statement(const Request& request, const storage::RowFunction& on_row) {
  if (const auto kept = statements_.find(request.text); kept != statements_.end()) {
    auto done = co_await execute(kept->second, request, on_row);
    if (done || !is_stale(last_error_)) co_return done;
    statements_.erase(kept);  // its table was changed
  }
  auto prepared = co_await prepare(request.text);
  if (!prepared && last_error_ == ER_UNSUPPORTED_PS && request.parameters.empty()) {
    co_return co_await run_text(request, on_row);
  }
  if (!prepared) co_return std::unexpected(std::move(prepared.error()));
  Statement statement{.handle = std::move(*prepared), .cells = {}};
  if (request.keep == Keep::No) co_return co_await execute(statement, request, on_row);
  if (statements_.size() >= kKeptStatements) statements_.clear();
  const auto [kept, was_new] = statements_.emplace(std::string(request.text), std::move(statement));
  co_return co_await execute(kept->second, request, on_row);
}

base::Task<base::Result<PreparedStatement>> MysqlSession::prepare(std::string_view text) {
  PreparedStatement statement(mysql_stmt_init(handle_.get()));
  if (!statement) co_return failed(false);
  int failure = 0;
  if (!wait_.is_by_events()) {
    failure = mysql_stmt_prepare(statement.get(), text.data(), text.size());
  } else {
    int waits = mysql_stmt_prepare_start(&failure, statement.get(), text.data(), text.size());
    while (waits != 0) {
      const net::Readiness come = co_await ready(waits);
      waits = mysql_stmt_prepare_cont(&failure, statement.get(), bits_of(come));
    }
  }
  if (failure != 0) co_return failed(statement.get(), false);
  co_return statement;
}

MysqlSession::Changed MysqlSession::execute(Statement& kept, const Request& request,
                                            const storage::RowFunction& on_row) {
  MYSQL_STMT* const statement = kept.handle.get();
  if (mysql_stmt_param_count(statement) != request.parameters.size()) {
    last_error_ = 0;
    co_return base::fail(name_ + ": the statement has another number of parameters", static_cast<int>(Fault::Other));
  }
  Parameters parameters(request.parameters);
  if (mysql_stmt_bind_param(statement, parameters.binds()) != 0) co_return failed(statement, false);
  int failure = 0;
  if (!wait_.is_by_events()) {
    failure = mysql_stmt_execute(statement);
  } else {
    int waits = mysql_stmt_execute_start(&failure, statement);
    while (waits != 0) {
      const net::Readiness come = co_await ready(waits);
      waits = mysql_stmt_execute_cont(&failure, statement, bits_of(come));
    }
  }
  if (failure != 0) co_return failed(statement, true);
  if (mysql_stmt_field_count(statement) == 0) co_return mysql_stmt_affected_rows(statement);
  auto read = co_await fetch(kept, on_row);
  if (!read) co_return std::unexpected(std::move(read.error()));
  co_return std::uint64_t{0};
}

base::Result<Cells*> MysqlSession::bind_cells(Statement& statement) {
  const std::span<const MYSQL_FIELD> columns(mariadb_stmt_fetch_fields(statement.handle.get()),
                                             mysql_stmt_field_count(statement.handle.get()));
  if (!statement.cells || !statement.cells->fit(columns)) statement.cells.emplace(columns, limits_.column_bytes);
  if (mysql_stmt_bind_result(statement.handle.get(), statement.cells->binds()) != 0) {
    return failed(statement.handle.get(), false);
  }
  return &*statement.cells;
}

base::Task<base::Result<>> MysqlSession::fetch(Statement& kept, const storage::RowFunction& on_row) {
  MYSQL_STMT* const statement = kept.handle.get();
  const auto cells = bind_cells(kept);
  if (!cells) co_return std::unexpected(cells.error());
  bool wanted = true;
  std::size_t unwanted = 0;
  for (std::size_t rows = 1; unwanted < kUnwantedRows; ++rows) {
    if (wait_.ends_turn(rows)) static_cast<void>(co_await ready(MYSQL_WAIT_WRITE));
    int code = 0;
    if (!wait_.is_by_events()) {
      code = mysql_stmt_fetch(statement);
    } else {
      int waits = mysql_stmt_fetch_start(&code, statement);
      while (waits != 0) {
        const net::Readiness come = co_await ready(waits);
        waits = mysql_stmt_fetch_cont(&code, statement, bits_of(come));
      }
    }
    if (code == MYSQL_NO_DATA) {
      mysql_stmt_free_result(statement);
      if ((*cells)->have_grown()) kept.cells.reset();
      co_return base::Result<>();
    }
    if (code != 0 && code != MYSQL_DATA_TRUNCATED) {
      auto error = failed(statement, false);
      mysql_stmt_free_result(statement);
      co_return error;
    }
    begun_ = std::chrono::steady_clock::now();  // the server isn't silent
    if (!wanted) {
      ++unwanted;
      continue;
    }
    if (!(*cells)->complete(statement)) co_return failed(statement, false);
    wanted = on_row((*cells)->row());
  }
  cut();  // there may be millions more
  co_return base::Result<>();
}

// Rows that were read go to `on_row`; it says whether it wants more.
bool MysqlSession::hand_over(MYSQL_RES* result, MYSQL_ROW cells, storage::TextRow& row,
                             const storage::RowFunction& on_row) {
  const unsigned long* lengths = mysql_fetch_lengths(result);
  for (std::size_t i = 0; i < row.size(); ++i) {
    row.set(i, cells[i] == nullptr ? std::optional<std::string_view>() : std::string_view(cells[i], lengths[i]));
  }
  return on_row(row);
}

MysqlSession::Changed MysqlSession::run_text(const Request& request, const storage::RowFunction& on_row) {
  MYSQL* const connection = handle_.get();
  int failure = 0;
  if (!wait_.is_by_events()) {
    failure = mysql_real_query(connection, request.text.data(), request.text.size());
  } else {
    int waits = mysql_real_query_start(&failure, connection, request.text.data(), request.text.size());
    while (waits != 0) {
      const net::Readiness come = co_await ready(waits);
      waits = mysql_real_query_cont(&failure, connection, bits_of(come));
    }
  }
  if (failure != 0) co_return failed(true);
  if (mysql_field_count(connection) == 0) co_return mysql_affected_rows(connection);
  const Result result(mysql_use_result(connection));
  if (!result) co_return failed(false);
  storage::TextRow row(describe({mysql_fetch_fields(result.get()), mysql_num_fields(result.get())}));
  bool wanted = true;
  while (true) {
    MYSQL_ROW cells = nullptr;
    if (!wait_.is_by_events()) {
      cells = mysql_fetch_row(result.get());
    } else {
      int waits = mysql_fetch_row_start(&cells, result.get());
      while (waits != 0) {
        const net::Readiness come = co_await ready(waits);
        waits = mysql_fetch_row_cont(&cells, result.get(), bits_of(come));
      }
    }
    if (cells == nullptr) break;
    if (wanted) wanted = hand_over(result.get(), cells, row, on_row);
  }
  if (mysql_errno(connection) != 0) co_return failed(false);
  co_return std::uint64_t{0};
}

base::Result<bool> MysqlSession::has_table(std::string_view name) {
  const storage::Value parameter = std::string(name);
  const storage::Value* const parameters[] = {&parameter};
  bool found = false;
  auto read = run({.text = "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?",
                   .parameters = parameters,
                   .keep = Keep::Prepared},
                  [&](const storage::Row&) {
                    found = true;
                    return true;
                  });
  if (!read) return std::unexpected(std::move(read.error()));
  return found;
}

}  // namespace carillon::db_mysql
