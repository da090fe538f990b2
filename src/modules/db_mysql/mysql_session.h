// SPDX-License-Identifier: Apache-2.0
// One connection to a MariaDB or MySQL server: statements are prepared, and kept when their text comes again.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "base/strings.h"
#include "modules/db_mysql/mysql_handle.h"
#include "modules/db_mysql/mysql_values.h"
#include "storage/event_connection.h"
#include "storage/socket_wait.h"
#include "storage/sql_connection.h"

namespace carillon::db_mysql {

class MysqlSession final : public storage::Session, public storage::EventSession {
 public:
  using Request = storage::Session::Request;
  struct Limits {
    std::chrono::seconds query_timeout{0};
    std::size_t column_bytes = 1024;
  };

  // By events: `handle` was made so that it doesn't block (make_non_blocking()), and has no TLS.
  MysqlSession(Handle handle, std::string name, const Limits& limits, storage::SocketWait::By by);
  ~MysqlSession() override;

  // Tells the server the time limits. Once, before anything else.
  [[nodiscard]] base::Result<> set_up();

  [[nodiscard]] const storage::sql::Dialect& dialect() const override;
  [[nodiscard]] std::size_t most_parameters() const override;
  [[nodiscard]] base::Result<std::uint64_t> run(const Request& request, const storage::RowFunction& on_row) override;
  [[nodiscard]] base::Result<> begin() override { return command("START TRANSACTION"); }
  [[nodiscard]] base::Result<> begin_snapshot() override;
  [[nodiscard]] base::Result<> commit() override { return command("COMMIT"); }
  [[nodiscard]] base::Result<> rollback() override { return command("ROLLBACK"); }
  [[nodiscard]] bool in_transaction() override;
  [[nodiscard]] base::Result<bool> has_table(std::string_view name) override;
  [[nodiscard]] bool alive() override;
  [[nodiscard]] bool unanswered() const override { return unanswered_; }
  [[nodiscard]] bool lost() const override { return lost_; }
  [[nodiscard]] int socket() const override { return static_cast<int>(mysql_get_socket(handle_.get())); }
  [[nodiscard]] storage::SocketWait& wait() override { return wait_; }
  [[nodiscard]] base::Task<base::Result<std::uint64_t>> statement(const Request& request,
                                                                  const storage::RowFunction& on_row) override;
  [[nodiscard]] bool conflicted() const override { return conflicted_; }

 private:
  struct Statement {
    PreparedStatement handle;
    std::optional<Cells> cells;  // of its result, as long as that has the same columns
  };
  using Statements = std::unordered_map<std::string, Statement, base::StringHash, std::equal_to<>>;
  using Changed = base::Task<base::Result<std::uint64_t>>;

  // A statement without parameters and rows.
  [[nodiscard]] base::Result<> command(std::string_view text);
  [[nodiscard]] Changed prepared_statement(const Request& request, const storage::RowFunction& on_row);
  [[nodiscard]] base::Task<base::Result<PreparedStatement>> prepare(std::string_view text);
  [[nodiscard]] Changed execute(Statement& statement, const Request& request, const storage::RowFunction& on_row);
  // The cells that the rows to come are read into.
  [[nodiscard]] base::Result<Cells*> bind_cells(Statement& statement);
  [[nodiscard]] base::Task<base::Result<>> fetch(Statement& statement, const storage::RowFunction& on_row);
  // What the library waits for (its MYSQL_WAIT_ bits), until it is there or the time is up, in the same bits.
  [[nodiscard]] storage::SocketWait::Awaiter ready(int wanted);
  [[nodiscard]] static int bits_of(net::Readiness ready);
  // Statements that the server can't prepare.
  [[nodiscard]] Changed run_text(const Request& request, const storage::RowFunction& on_row);
  [[nodiscard]] static bool hand_over(MYSQL_RES* result, MYSQL_ROW cells, storage::TextRow& row,
                                      const storage::RowFunction& on_row);
  [[nodiscard]] base::Result<> set_time_limit(bool limited);

  // Notes what the failure says about the connection. `sent`: the server may have got the statement.
  [[nodiscard]] std::unexpected<base::Error> failed(std::string_view message, unsigned number, bool sent);
  [[nodiscard]] std::unexpected<base::Error> failed(MYSQL_STMT* statement, bool sent);
  [[nodiscard]] std::unexpected<base::Error> failed(bool sent);
  // Without waiting for what the server may still send.
  void cut();

  Handle handle_;
  std::string name_;
  Limits limits_;
  storage::SocketWait wait_;
  Statements statements_;
  std::chrono::steady_clock::time_point begun_{};
  unsigned last_error_ = 0;
  bool lost_ = false;
  bool under_way_ = false;
  bool unanswered_ = false;
  bool conflicted_ = false;
};

}  // namespace carillon::db_mysql
