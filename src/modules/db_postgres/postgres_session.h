// SPDX-License-Identifier: Apache-2.0
// One connection to a PostgreSQL server: statements are prepared when their text comes again, rows are read one by one,
// and every wait has an end.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/strings.h"
#include "modules/db_postgres/postgres_handle.h"
#include "modules/db_postgres/postgres_values.h"
#include "storage/event_connection.h"
#include "storage/socket_wait.h"
#include "storage/sql_connection.h"

namespace carillon::db_postgres {

class PostgresSession final : public storage::Session, public storage::EventSession {
 public:
  using Request = storage::Session::Request;

  // `handle` doesn't block.
  PostgresSession(Handle handle, std::string name, std::chrono::seconds query_timeout)
      : handle_(std::move(handle)), name_(std::move(name)), query_timeout_(query_timeout) {}

  // How dates are written, and the time limit. Once, before anything else. Blocks.
  [[nodiscard]] base::Result<> set_up();

  [[nodiscard]] const storage::sql::Dialect& dialect() const override;
  [[nodiscard]] std::size_t most_parameters() const override;
  [[nodiscard]] base::Result<std::uint64_t> run(const Request& request, const storage::RowFunction& on_row) override;
  [[nodiscard]] base::Result<> begin() override { return run_command("BEGIN"); }
  [[nodiscard]] base::Result<> begin_snapshot() override {
    return run_command("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  }
  [[nodiscard]] base::Result<> commit() override { return run_command("COMMIT"); }
  [[nodiscard]] base::Result<> rollback() override { return run_command("ROLLBACK"); }
  [[nodiscard]] bool in_transaction() override;
  [[nodiscard]] base::Result<bool> has_table(std::string_view name) override;
  [[nodiscard]] bool alive() override;
  [[nodiscard]] bool unanswered() const override { return unanswered_; }
  [[nodiscard]] bool conflicted() const override { return conflicted_; }
  [[nodiscard]] bool lost() const override { return lost_; }
  [[nodiscard]] int socket() const override { return PQsocket(handle_.get()); }
  [[nodiscard]] storage::SocketWait& wait() override { return wait_; }
  [[nodiscard]] base::Task<base::Result<std::uint64_t>> statement(const Request& request,
                                                                  const storage::RowFunction& on_row) override;

  // A statement without parameters and rows. Blocks.
  [[nodiscard]] base::Result<> run_command(std::string text);

 private:
  struct Prepared {
    std::string name;
    std::vector<Oid> types;  // of its parameters
  };
  using Statements = std::unordered_map<std::string, Prepared, base::StringHash, std::equal_to<>>;
  template <typename T>
  using Task = base::Task<base::Result<T>>;

  [[nodiscard]] Task<void> command(std::string text);
  [[nodiscard]] Task<const Prepared*> prepared(const Request& request);
  [[nodiscard]] Task<std::uint64_t> execute(const Prepared& prepared, const Request& request,
                                            const storage::RowFunction& on_row);

  // What was sent is on its way; `sent` is what libpq's sending function returned.
  [[nodiscard]] Task<void> flush(int sent);
  // Until the next result of the statement is there, or that there is no more.
  [[nodiscard]] Task<void> result_to_come();
  [[nodiscard]] bool is_result_there() const { return PQisBusy(handle_.get()) == 0; }
  // All results until the last; the first error among them. Rows go to `on_row`.
  [[nodiscard]] Task<std::uint64_t> answers(const storage::RowFunction& on_row);
  // The single result of a statement that has no rows.
  [[nodiscard]] Task<Result> answer();
  [[nodiscard]] storage::SocketWait::Awaiter ready(bool readable, bool writable);

  void start_clock();
  [[nodiscard]] std::unexpected<base::Error> failed(const PGresult* result);
  [[nodiscard]] std::unexpected<base::Error> lost_now();
  [[nodiscard]] std::unexpected<base::Error> timed_out();

  Handle handle_;
  std::string name_;
  std::chrono::seconds query_timeout_;
  Statements statements_;
  std::uint64_t next_name_ = 0;
  storage::SocketWait wait_{storage::SocketWait::By::Polling};
  Deadline deadline_ = Deadline::max();
  std::string last_state_;
  bool lost_ = false;
  bool sent_ = false;  // the statement, not its preparation
  bool unanswered_ = false;
  bool conflicted_ = false;
};

}  // namespace carillon::db_postgres
