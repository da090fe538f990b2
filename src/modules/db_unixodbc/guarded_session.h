// SPDX-License-Identifier: Apache-2.0
// An OdbcSession on a thread of its own, given up when its driver doesn't come back in time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/db_unixodbc/call_thread.h"
#include "modules/db_unixodbc/odbc_session.h"
#include "storage/sql_connection.h"

namespace carillon::db_unixodbc {

class GuardedSession final : public storage::Session {
 public:
  // `query_timeout` zero: every call is waited for. `left_behind` is that of the database.
  GuardedSession(std::unique_ptr<CallThread> thread, std::shared_ptr<OdbcSession> session, std::string name,
                 std::chrono::seconds query_timeout, std::shared_ptr<LeftBehind> left_behind);
  ~GuardedSession() override;

  // As OdbcSession has it.
  [[nodiscard]] base::Result<> set_up();

  [[nodiscard]] const storage::sql::Dialect& dialect() const override { return dialect_; }
  [[nodiscard]] std::size_t most_parameters() const override { return most_parameters_; }
  [[nodiscard]] base::Result<std::uint64_t> run(const Request& request, const storage::RowFunction& on_row) override;
  [[nodiscard]] base::Result<> begin() override;
  [[nodiscard]] base::Result<> begin_snapshot() override;
  [[nodiscard]] base::Result<> commit() override;
  [[nodiscard]] base::Result<> rollback() override;
  [[nodiscard]] bool in_transaction() override { return false; }
  [[nodiscard]] base::Result<bool> has_table(std::string_view name) override;
  [[nodiscard]] bool alive() override;
  [[nodiscard]] bool unanswered() const override { return session_ == nullptr || session_->unanswered(); }
  [[nodiscard]] bool conflicted() const override { return session_ != nullptr && session_->conflicted(); }

 private:
  // Calls `action(OdbcSession&)`, which owns all that it refers to, on the thread.
  template <typename T, typename Action>
  [[nodiscard]] base::Result<T> call(Action action, base::Duration silence);
  [[nodiscard]] base::Result<std::uint64_t> run_within(const Request& request, const storage::RowFunction& on_row,
                                                       base::Duration longest);
  [[nodiscard]] base::Duration silence() const;
  [[nodiscard]] std::unexpected<base::Error> left(base::Duration silence);

  std::unique_ptr<CallThread> thread_;
  std::shared_ptr<OdbcSession> session_;  // shared with the call that runs; null once that was left behind
  std::string name_;
  std::chrono::seconds query_timeout_;
  std::shared_ptr<LeftBehind> left_behind_;
  storage::sql::Dialect dialect_;
  std::size_t most_parameters_;
};

}  // namespace carillon::db_unixodbc
