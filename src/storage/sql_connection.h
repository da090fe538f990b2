// SPDX-License-Identifier: Apache-2.0
// A Connection to a database server that speaks SQL: transactions, statements of many rows, and what is known of a
// write when the connection goes. A driver brings the Session, which only runs statements.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/driver.h"
#include "storage/sql.h"

namespace carillon::storage {

// One connection of a database's own library. One thread at a time. Errors are as those of Connection, but that
// Fault::Unavailable may come whenever the connection is lost: unanswered() says whether the statement was on its way.
class Session {
 public:
  enum class Keep : bool {
    No,
    Prepared  // the text comes again: keep it prepared
  };
  struct Request {
    std::string_view text;
    std::span<const Value* const> parameters = {};
    Keep keep = Keep::No;
    // Rows may come for longer than the time limit of a query, as long as they keep coming.
    bool endless = false;
  };

  virtual ~Session() = default;

  [[nodiscard]] virtual const sql::Dialect& dialect() const = 0;
  // Of one statement.
  [[nodiscard]] virtual std::size_t most_parameters() const = 0;
  // Runs one statement outside or inside a transaction; returns the number of rows it changed.
  [[nodiscard]] virtual base::Result<std::uint64_t> run(const Request& request, const RowFunction& on_row) = 0;
  [[nodiscard]] virtual base::Result<> begin() = 0;
  // A transaction that only reads, and sees in all tables what was there at one moment. Fault::Unsupported where there
  // is none.
  [[nodiscard]] virtual base::Result<> begin_snapshot() = 0;
  [[nodiscard]] virtual base::Result<> commit() = 0;
  [[nodiscard]] virtual base::Result<> rollback() = 0;
  [[nodiscard]] virtual bool in_transaction() = 0;
  [[nodiscard]] virtual base::Result<bool> has_table(std::string_view name) = 0;

  [[nodiscard]] virtual bool alive() = 0;
  // Of the last failure: the statement may have reached the server, and no answer came.
  [[nodiscard]] virtual bool unanswered() const = 0;
  // Of the last failure: others were in the way (a deadlock), and a new try of the whole transaction may succeed.
  [[nodiscard]] virtual bool conflicted() const = 0;
};

struct SqlSettings {
  // Statements that took longer are logged, without their values; zero: none is.
  std::chrono::microseconds slow{0};
};

// Logs a statement when it has taken too long. Refers to all it is given.
class SlowStatement {
 public:
  SlowStatement(std::string_view name, const SqlSettings& settings, std::string_view text);
  ~SlowStatement();
  SlowStatement(const SlowStatement&) = delete;
  SlowStatement& operator=(const SlowStatement&) = delete;

 private:
  std::string_view name_;
  std::chrono::microseconds slow_;
  std::string_view text_;
  std::chrono::steady_clock::time_point begun_;
};

// A RawStatement as a session runs it.
class RawRequest {
 public:
  // An error that begins with `name` when it has another number of parameters than its text.
  [[nodiscard]] static base::Result<RawRequest> make(const sql::Dialect& dialect, const RawStatement& statement,
                                                     std::string_view name);
  [[nodiscard]] std::string_view text(const RawStatement& statement) const {
    return numbered_.empty() ? std::string_view(statement.text) : numbered_;
  }
  // They point into the statement.
  [[nodiscard]] const std::vector<const Value*>& parameters() const { return parameters_; }
  // As far as its first word tells.
  [[nodiscard]] static bool only_reads(const RawStatement& statement);

 private:
  std::string numbered_;  // the text where it isn't the statement's own
  std::vector<const Value*> parameters_;
};

// The error of a statement that may have been done.
[[nodiscard]] base::Error outcome_unknown(base::Error error);

class SqlConnection final : public Connection {
 public:
  // `name` begins its errors.
  SqlConnection(std::unique_ptr<Session> session, std::string name, const SqlSettings& settings)
      : session_(std::move(session)), name_(std::move(name)), settings_(settings) {}

  [[nodiscard]] bool alive() override { return session_->alive(); }
  [[nodiscard]] base::Result<> select(const Select& select, const RowFunction& on_row) override;
  [[nodiscard]] base::Result<std::uint64_t> write(std::span<const Write> writes) override;
  [[nodiscard]] base::Result<> raw(const RawStatement& statement, const RowFunction& on_row) override;
  [[nodiscard]] base::Result<> create_table(const TableSpec& table) override;
  [[nodiscard]] base::Result<> change_table(const TableChange& change) override;
  [[nodiscard]] base::Result<> drop_table(std::string_view name) override;
  [[nodiscard]] base::Result<bool> has_table(std::string_view name) override { return session_->has_table(name); }
  [[nodiscard]] base::Result<std::vector<NarrowColumn>> narrow_columns(const TableSpec& table) override;
  [[nodiscard]] base::Result<> widen(std::string_view table, std::span<const NarrowColumn> columns) override;
  [[nodiscard]] base::Result<> read_snapshot(const ReadFunction& action) override;
  [[nodiscard]] base::Result<> transact(const WriteFunction& action) override;

 private:
  class OpenTransaction;
  // A part of a Write that one statement does.
  struct Step {
    std::string text;
    std::vector<const Value*> parameters;
    std::uint64_t rows = 0;  // counted as touched, whatever the server counts; 0: what it counts
  };
  using Steps = std::vector<Step>;
  // `count` rows of it: null for what isn't done in bulk.
  using RowsText = std::function<std::string(std::size_t count)>;

  [[nodiscard]] base::Result<Steps> steps_of(const Write& write) const;
  void add_rows(const Rows& rows, std::span<const std::size_t> keys, const RowsText& text, bool count_rows,
                Steps& steps) const;
  void add_deletes(const DeleteRows& remove, Steps& steps) const;
  [[nodiscard]] base::Result<std::uint64_t> update_then_insert(const Upsert& upsert);

  // Texts without parameters and rows, in one transaction.
  [[nodiscard]] base::Result<> run_all(const std::vector<std::string>& texts);
  [[nodiscard]] base::Result<std::uint64_t> write_transaction(std::span<const Write> writes);
  [[nodiscard]] base::Result<std::uint64_t> write_steps(const Write& write);
  [[nodiscard]] base::Result<std::uint64_t> run_steps(const Steps& steps);
  template <typename Action>
  [[nodiscard]] auto transaction(Action action) -> decltype(action());
  [[nodiscard]] base::Result<std::uint64_t> run(const Session::Request& request, const RowFunction& on_row);
  // The same error, but OutcomeUnknown when the statement may have been done.
  [[nodiscard]] base::Error final_error(base::Error error) const;
  [[nodiscard]] std::unexpected<base::Error> refuse(std::string_view why, Fault fault) const;

  std::unique_ptr<Session> session_;
  std::string name_;
  SqlSettings settings_;
  bool conflicted_ = false;  // what Session says of the failure of a write
};

// Whether there is more behind a semicolon that ends a statement.
[[nodiscard]] bool has_several_statements(std::string_view text);

// `text` with $1, $2 for its question marks outside of quotes and comments, and how many there were.
struct NumberedText {
  std::string text;
  std::size_t parameters = 0;
};
[[nodiscard]] NumberedText number_parameters(std::string_view text);

}  // namespace carillon::storage
