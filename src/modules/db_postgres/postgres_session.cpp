// SPDX-License-Identifier: Apache-2.0
// Running statements by the extended protocol: values never become part of a text.
#include "modules/db_postgres/postgres_session.h"

#include <fmt/format.h>
#include <poll.h>

#include <utility>

#include "storage/sql_dialects.h"

namespace carillon::db_postgres {
namespace {

using storage::Fault;

// Shapes of statements are few; a program that makes up new ones all the time starts over now and then.
constexpr std::size_t kKeptStatements = 128;
// The protocol's number of parameters has 16 bits.
constexpr std::size_t kMostParameters = 65'000;
// How many rows that nobody wants are read to keep the connection.
constexpr std::size_t kUnwantedRows = 10'000;
// How much longer than the server we wait, so that the server's own answer to a slow statement is heard.
constexpr std::chrono::seconds kMargin{1};

// The tables of the statement were changed, or somebody between here and the server forgot it.
bool is_stale(std::string_view sqlstate) { return sqlstate == "0A000" || sqlstate == "26000"; }

std::uint64_t changed_rows(PGresult* result) {
  return base::parse_number<std::uint64_t>(PQcmdTuples(result)).value_or(0);
}

}  // namespace

const storage::sql::Dialect& PostgresSession::dialect() const { return storage::sql::postgres_dialect(); }

std::size_t PostgresSession::most_parameters() const { return kMostParameters; }

bool PostgresSession::alive() {
  if (lost_ || PQstatus(handle_.get()) != CONNECTION_OK) return false;
  // A server sends nothing unasked but notes that nobody misses, and that it says goodbye.
  pollfd idle{.fd = PQsocket(handle_.get()), .events = POLLIN, .revents = 0};
  lost_ = ::poll(&idle, 1, 0) != 0;
  return !lost_;
}

bool PostgresSession::in_transaction() { return PQtransactionStatus(handle_.get()) != PQTRANS_IDLE; }

void PostgresSession::start_clock() {
  deadline_ =
      query_timeout_.count() == 0 ? Deadline::max() : std::chrono::steady_clock::now() + query_timeout_ + kMargin;
}

std::unexpected<base::Error> PostgresSession::failed(const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  last_state_ = state != nullptr ? state : "";
  if (last_state_.empty() && PQstatus(handle_.get()) != CONNECTION_OK) return lost_now();
  conflicted_ = is_conflict(last_state_);
  if (is_loss(last_state_)) lost_ = true;
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  return base::fail(fmt::format("{}: {} ({})", name_, message != nullptr ? message : "unknown error", last_state_),
                    static_cast<int>(fault_of(last_state_)));
}

std::unexpected<base::Error> PostgresSession::lost_now() {
  lost_ = true;
  unanswered_ = sent_;
  return base::fail(name_ + ": " + one_line(PQerrorMessage(handle_.get())), static_cast<int>(Fault::Unavailable));
}

std::unexpected<base::Error> PostgresSession::timed_out() {
  lost_ = true;
  unanswered_ = sent_;
  return base::fail(fmt::format("{}: no answer within {} s", name_, (query_timeout_ + kMargin).count()),
                    static_cast<int>(Fault::Busy));
}

storage::SocketWait::Awaiter PostgresSession::ready(bool readable, bool writable) {
  return wait_.until(socket(), {.readable = readable, .writable = writable}, left_until(deadline_));
}

PostgresSession::Task<void> PostgresSession::flush(int sent) {
  if (sent == 0) {
    if (PQstatus(handle_.get()) != CONNECTION_OK) co_return lost_now();
    co_return base::fail(name_ + ": " + one_line(PQerrorMessage(handle_.get())), static_cast<int>(Fault::Other));
  }
  while (true) {
    const int left = PQflush(handle_.get());
    if (left < 0) co_return lost_now();
    if (left == 0) co_return base::Result<>();
    // The server may have to be heard before it listens again.
    const net::Readiness come = co_await ready(true, true);
    if (!come.readable && !come.writable) co_return timed_out();
    if (PQconsumeInput(handle_.get()) == 0) co_return lost_now();
  }
}

PostgresSession::Task<void> PostgresSession::result_to_come() {
  while (!is_result_there()) {
    const net::Readiness come = co_await ready(true, false);
    if (!come.readable) co_return timed_out();
    if (PQconsumeInput(handle_.get()) == 0) co_return lost_now();
    start_clock();  // the server isn't silent
  }
  co_return base::Result<>();
}

PostgresSession::Task<std::uint64_t> PostgresSession::answers(const storage::RowFunction& on_row) {
  std::optional<Cells> cells;
  std::optional<base::Error> error;
  std::uint64_t changed = 0;
  bool wanted = true;
  std::size_t unwanted = 0;
  for (std::size_t rows = 1; unwanted < kUnwantedRows; ++rows) {
    if (wait_.ends_turn(rows)) static_cast<void>(co_await ready(false, true));
    if (!is_result_there()) {
      auto come = co_await result_to_come();
      if (!come) co_return std::unexpected(std::move(come.error()));
    }
    const Result result(PQgetResult(handle_.get()));
    if (!result) {
      if (error) co_return std::unexpected(std::move(*error));
      co_return changed;
    }
    switch (PQresultStatus(result.get())) {
      case PGRES_SINGLE_TUPLE:
        if (!cells) cells.emplace(result.get());
        if (wanted) {
          wanted = on_row(cells->row(result.get(), 0));
        } else {
          ++unwanted;
        }
        break;
      case PGRES_TUPLES_OK:  // the end of the rows
      case PGRES_COMMAND_OK:
      case PGRES_EMPTY_QUERY:
        changed += changed_rows(result.get());
        break;
      case PGRES_COPY_IN:
      case PGRES_COPY_OUT:
      case PGRES_COPY_BOTH:
        lost_ = true;
        co_return base::fail(name_ + ": COPY can't be used here", static_cast<int>(Fault::Unsupported));
      default:
        if (!error) error = failed(result.get()).error();
    }
  }
  lost_ = true;  // there may be millions more: this connection isn't worth reading them
  co_return std::uint64_t{0};
}

PostgresSession::Task<Result> PostgresSession::answer() {
  Result first;
  std::optional<base::Error> error;
  while (true) {
    auto come = co_await result_to_come();
    if (!come) co_return std::unexpected(std::move(come.error()));
    Result result(PQgetResult(handle_.get()));
    if (!result) break;
    if (first) continue;
    first = std::move(result);
    const ExecStatusType status = PQresultStatus(first.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) error = failed(first.get()).error();
  }
  if (!first) co_return lost_now();
  if (error) co_return std::unexpected(std::move(*error));
  co_return first;
}

PostgresSession::Task<void> PostgresSession::command(std::string text) {
  start_clock();
  unanswered_ = conflicted_ = false;
  sent_ = false;
  auto sent = co_await flush(PQsendQuery(handle_.get(), text.c_str()));
  if (!sent) co_return sent;
  sent_ = true;
  auto done = co_await answer();
  if (!done) co_return std::unexpected(std::move(done.error()));
  co_return base::Result<>();
}

base::Result<> PostgresSession::run_command(std::string text) { return base::value_of(command(std::move(text))); }

base::Result<> PostgresSession::set_up() {
  return run_command(fmt::format("SET datestyle = 'ISO'; SET bytea_output = 'hex'; SET statement_timeout = {}",
                                 query_timeout_.count() * 1000));
}

base::Result<std::uint64_t> PostgresSession::run(const Request& request, const storage::RowFunction& on_row) {
  if (!request.endless || query_timeout_.count() == 0) return base::value_of(statement(request, on_row));
  if (auto set = run_command("SET statement_timeout = 0"); !set) return std::unexpected(std::move(set.error()));
  auto result = base::value_of(statement(request, on_row));
  if (!lost_ && !run_command(fmt::format("SET statement_timeout = {}", query_timeout_.count() * 1000))) lost_ = true;
  return result;
}

PostgresSession::Task<std::uint64_t> PostgresSession::statement(const Request& request,
                                                                const storage::RowFunction& on_row) {
  start_clock();
  unanswered_ = conflicted_ = sent_ = false;
  if (request.keep == Keep::No) {
    const Parameters parameters(request.parameters, {});
    const std::string text(request.text);
    auto sent = co_await flush(PQsendQueryParams(handle_.get(), text.c_str(), parameters.count(), parameters.types(),
                                                 parameters.values(), parameters.lengths(), parameters.formats(), 0));
    if (!sent) co_return std::unexpected(std::move(sent.error()));
    sent_ = true;
    PQsetSingleRowMode(handle_.get());
    co_return co_await answers(on_row);
  }
  const bool was_kept = statements_.contains(request.text);
  auto kept = co_await prepared(request);
  if (!kept) co_return std::unexpected(std::move(kept.error()));
  auto done = co_await execute(**kept, request, on_row);
  if (done || !was_kept || !is_stale(last_state_) || in_transaction()) co_return done;
  statements_.erase(statements_.find(request.text));
  kept = co_await prepared(request);
  if (!kept) co_return std::unexpected(std::move(kept.error()));
  co_return co_await execute(**kept, request, on_row);
}

PostgresSession::Task<const PostgresSession::Prepared*> PostgresSession::prepared(const Request& request) {
  if (const auto kept = statements_.find(request.text); kept != statements_.end()) co_return &kept->second;
  if (statements_.size() >= kKeptStatements) {
    statements_.clear();
    auto dropped = co_await command("DEALLOCATE ALL");
    if (!dropped) co_return std::unexpected(std::move(dropped.error()));
    sent_ = false;
  }
  const std::string text(request.text);
  Prepared made{.name = "c" + std::to_string(++next_name_), .types = {}};
  auto sent = co_await flush(PQsendPrepare(handle_.get(), made.name.c_str(), text.c_str(), 0, nullptr));
  if (!sent) co_return std::unexpected(std::move(sent.error()));
  auto done = co_await answer();
  if (!done) co_return std::unexpected(std::move(done.error()));
  sent = co_await flush(PQsendDescribePrepared(handle_.get(), made.name.c_str()));
  if (!sent) co_return std::unexpected(std::move(sent.error()));
  auto described = co_await answer();
  if (!described) co_return std::unexpected(std::move(described.error()));
  for (int i = 0; i < PQnparams(described->get()); ++i) made.types.push_back(PQparamtype(described->get(), i));
  co_return &statements_.emplace(text, std::move(made)).first->second;
}

PostgresSession::Task<std::uint64_t> PostgresSession::execute(const Prepared& prepared, const Request& request,
                                                              const storage::RowFunction& on_row) {
  last_state_.clear();
  const Parameters parameters(request.parameters, prepared.types);
  auto sent = co_await flush(PQsendQueryPrepared(handle_.get(), prepared.name.c_str(), parameters.count(),
                                                 parameters.values(), parameters.lengths(), parameters.formats(), 0));
  if (!sent) co_return std::unexpected(std::move(sent.error()));
  sent_ = true;
  PQsetSingleRowMode(handle_.get());
  co_return co_await answers(on_row);
}

base::Result<bool> PostgresSession::has_table(std::string_view name) {
  const storage::Value parameter = std::string(name);
  const storage::Value* const parameters[] = {&parameter};
  bool found = false;
  auto read = run({.text = "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
                           "c.relnamespace WHERE c.relname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND "
                           "n.nspname = ANY (current_schemas(false))",
                   .parameters = parameters,
                   .keep = Keep::Prepared},
                  [&](const storage::Row&) {
                    found = true;
                    return true;
                  });
  if (!read) return std::unexpected(std::move(read.error()));
  return found;
}

}  // namespace carillon::db_postgres
