// SPDX-License-Identifier: Apache-2.0
// One connection to a data source: statements are prepared, and kept when their text comes again.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "base/strings.h"
#include "modules/db_unixodbc/odbc_handle.h"
#include "storage/sql_connection.h"

namespace carillon::db_unixodbc {

// Databases that are known by name, whose own words are used.
enum class Product : std::uint8_t { Sqlite, Mariadb, Mysql, Postgres, Other };

class OdbcSession final : public storage::Session {
 public:
  struct Limits {
    std::chrono::seconds query_timeout{0};
    std::chrono::milliseconds idle{1000};
  };

  OdbcSession(std::shared_ptr<Environment> environment, ConnectionHandle handle, std::string name,
              const Limits& limits);

  // Tells the server the time limits. Once, before anything else.
  [[nodiscard]] base::Result<> set_up();
  // Of the server, for the statements to come.
  [[nodiscard]] base::Result<> set_time_limit(bool limited);
  // Nobody is to use it any more.
  void give_up() { lost_ = true; }
  [[nodiscard]] bool is_lost() const { return lost_; }

  [[nodiscard]] const storage::sql::Dialect& dialect() const override { return dialect_; }
  [[nodiscard]] std::size_t most_parameters() const override;
  // The time limit is as it was set, also for what is endless.
  [[nodiscard]] base::Result<std::uint64_t> run(const Request& request, const storage::RowFunction& on_row) override;
  [[nodiscard]] base::Result<> begin() override;
  [[nodiscard]] base::Result<> begin_snapshot() override;
  [[nodiscard]] base::Result<> commit() override { return end(SQL_COMMIT); }
  [[nodiscard]] base::Result<> rollback() override { return end(SQL_ROLLBACK); }
  // Statements that begin one aren't run.
  [[nodiscard]] bool in_transaction() override { return false; }
  [[nodiscard]] base::Result<bool> has_table(std::string_view name) override;
  [[nodiscard]] bool alive() override;
  // So long that alive() asks the server.
  [[nodiscard]] bool has_idled() const { return !lost_ && std::chrono::steady_clock::now() - used_ > limits_.idle; }
  [[nodiscard]] bool unanswered() const override { return unanswered_; }
  [[nodiscard]] bool conflicted() const override { return conflicted_; }

 private:
  using Statements = std::unordered_map<std::string, Statement, base::StringHash, std::equal_to<>>;

  [[nodiscard]] base::Result<> isolate();
  [[nodiscard]] base::Result<> end(SQLSMALLINT how);
  // A statement without parameters and rows.
  [[nodiscard]] base::Result<> command(const std::string& sql);
  [[nodiscard]] base::Result<Statement> prepare(std::string_view text, bool endless);
  [[nodiscard]] base::Result<std::uint64_t> execute(SQLHSTMT statement, const Request& request,
                                                    const storage::RowFunction& on_row);
  [[nodiscard]] base::Result<> fetch(SQLHSTMT statement, const storage::RowFunction& on_row);
  [[nodiscard]] std::unexpected<base::Error> failed(SQLSMALLINT type, SQLHANDLE handle, bool sent);

  // Shared by all connections of the driver, of which some may outlive it.
  std::shared_ptr<Environment> environment_;
  ConnectionHandle handle_;
  std::string name_;
  Limits limits_;
  Product product_;
  SQLUINTEGER isolation_ = 0;  // the usual level, while a snapshot has another one
  storage::sql::Dialect dialect_;
  Statements statements_;
  std::chrono::steady_clock::time_point used_;
  bool lost_ = false;
  bool unanswered_ = false;
  bool conflicted_ = false;
};

}  // namespace carillon::db_unixodbc
