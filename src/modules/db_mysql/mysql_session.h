// SPDX-License-Identifier: Apache-2.0
// One connection to a MariaDB or MySQL server: statements are prepared, and kept when their text comes again.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "base/strings.h"
#include "modules/db_mysql/mysql_handle.h"
#include "storage/sql_connection.h"

namespace carillon::db_mysql {

class MysqlSession final : public storage::Session {
 public:
  struct Limits {
    std::chrono::seconds query_timeout{0};
    std::size_t column_bytes = 1024;
  };

  MysqlSession(Handle handle, std::string name, const Limits& limits);
  ~MysqlSession() override;

  // Tells the server the time limits. Once, before anything else.
  [[nodiscard]] base::Result<> set_up();

  [[nodiscard]] const storage::sql::Dialect& dialect() const override;
  [[nodiscard]] std::size_t most_parameters() const override;
  [[nodiscard]] base::Result<std::uint64_t> run(const Request& request, const storage::RowFunction& on_row) override;
  [[nodiscard]] base::Result<> begin() override { return command("START TRANSACTION"); }
  [[nodiscard]] base::Result<> commit() override { return command("COMMIT"); }
  [[nodiscard]] base::Result<> rollback() override { return command("ROLLBACK"); }
  [[nodiscard]] bool in_transaction() override;
  [[nodiscard]] base::Result<bool> has_table(std::string_view name) override;
  [[nodiscard]] bool alive() override;
  [[nodiscard]] bool unanswered() const override { return unanswered_; }
  [[nodiscard]] bool conflicted() const override { return conflicted_; }

 private:
  using Statements = std::unordered_map<std::string, PreparedStatement, base::StringHash, std::equal_to<>>;

  // A statement without parameters and rows.
  [[nodiscard]] base::Result<> command(std::string_view text);
  [[nodiscard]] base::Result<std::uint64_t> run_limited(const Request& request, const storage::RowFunction& on_row);
  [[nodiscard]] base::Result<PreparedStatement> prepare(std::string_view text);
  [[nodiscard]] base::Result<std::uint64_t> execute(MYSQL_STMT* statement, const Request& request,
                                                    const storage::RowFunction& on_row);
  [[nodiscard]] base::Result<> fetch(MYSQL_STMT* statement, const storage::RowFunction& on_row);
  // Statements that the server can't prepare.
  [[nodiscard]] base::Result<std::uint64_t> run_text(const Request& request, const storage::RowFunction& on_row);
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
  Statements statements_;
  std::chrono::steady_clock::time_point begun_{};
  unsigned last_error_ = 0;
  bool lost_ = false;
  bool unanswered_ = false;
  bool conflicted_ = false;
};

}  // namespace carillon::db_mysql
