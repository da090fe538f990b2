// SPDX-License-Identifier: Apache-2.0
// Owners of the client library's handles, and its error numbers as storage::Fault.
#pragma once

#include <mysql.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/driver.h"

namespace carillon::db_mysql {

struct CloseConnection {
  void operator()(MYSQL* connection) const { mysql_close(connection); }
};
using Handle = std::unique_ptr<MYSQL, CloseConnection>;

struct CloseStatement {
  void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
};
using PreparedStatement = std::unique_ptr<MYSQL_STMT, CloseStatement>;

struct FreeResult {
  void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};
using Result = std::unique_ptr<MYSQL_RES, FreeResult>;

// Of errors of the server and of the library alike.
[[nodiscard]] storage::Fault fault_of(unsigned number);
// The connection is of no further use.
[[nodiscard]] bool is_loss(unsigned number);
// Another transaction was in the way, and this one was rolled back.
[[nodiscard]] bool is_conflict(unsigned number);

[[nodiscard]] std::unexpected<base::Error> failure(std::string_view name, std::string_view message, unsigned number);

}  // namespace carillon::db_mysql
