// SPDX-License-Identifier: Apache-2.0
// A connection to a database server that speaks SQL and never blocks: a worker's event loop goes on with its statement
// whenever the socket is ready. A driver brings the EventSession.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/task.h"
#include "storage/driver.h"
#include "storage/socket_wait.h"
#include "storage/sql_connection.h"

namespace carillon::storage {

// One connection of a library that doesn't block. One thread at a time, one statement at a time. Destroying it, also in
// the middle of a statement whose coroutine is gone, doesn't block either.
class EventSession {
 public:
  virtual ~EventSession() = default;

  [[nodiscard]] virtual const sql::Dialect& dialect() const = 0;
  // The same as long as it lives.
  [[nodiscard]] virtual int socket() const = 0;
  // Where its statement waits.
  [[nodiscard]] virtual SocketWait& wait() = 0;
  // As Session::run(). `request`, all that it refers to, and `on_row` stay until it is done.
  [[nodiscard]] virtual base::Task<base::Result<std::uint64_t>> statement(const Session::Request& request,
                                                                          const RowFunction& on_row) = 0;
  [[nodiscard]] virtual bool in_transaction() = 0;
  // Whether it can still be used, as far as that is known: without asking the socket, and with.
  [[nodiscard]] virtual bool lost() const = 0;
  [[nodiscard]] virtual bool alive() = 0;
  // As Session has it.
  [[nodiscard]] virtual bool unanswered() const = 0;
};

// Errors are as those of Connection. The statement and `on_row` stay until the task is done.
class EventConnection {
 public:
  // `name` begins its errors.
  EventConnection(std::unique_ptr<EventSession> session, std::string name, const SqlSettings& settings)
      : session_(std::move(session)), name_(std::move(name)), settings_(settings) {}

  [[nodiscard]] int socket() const { return session_->socket(); }
  [[nodiscard]] SocketWait& wait() { return session_->wait(); }
  [[nodiscard]] bool lost() const { return lost_ || session_->lost(); }
  [[nodiscard]] bool alive() { return !lost_ && session_->alive(); }

  [[nodiscard]] base::Task<base::Result<>> select(const Select& select, const RowFunction& on_row);
  [[nodiscard]] base::Task<base::Result<>> raw(const RawStatement& statement, const RowFunction& on_row);

 private:
  std::unique_ptr<EventSession> session_;
  std::string name_;
  SqlSettings settings_;
  bool lost_ = false;  // a statement left something behind that only its end undoes
};

}  // namespace carillon::storage
