// SPDX-License-Identifier: Apache-2.0
// Owners of libpq's handles, deadlines, and SQLSTATEs as storage::Fault.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "storage/driver.h"

namespace carillon::db_postgres {

struct CloseConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Handle = std::unique_ptr<PGconn, CloseConnection>;

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ClearResult>;

using Deadline = std::chrono::steady_clock::time_point;

// As storage::SocketWait takes it.
[[nodiscard]] base::Duration left_until(Deadline deadline);

// PostgreSQL, appendix A: error codes. Empty: libpq's own errors.
[[nodiscard]] storage::Fault fault_of(std::string_view sqlstate);
// The server closes the connection with it.
[[nodiscard]] bool is_loss(std::string_view sqlstate);
// Another transaction was in the way, and this one was rolled back.
[[nodiscard]] bool is_conflict(std::string_view sqlstate);

// libpq's messages in one line.
[[nodiscard]] std::string one_line(std::string_view message);

}  // namespace carillon::db_postgres
