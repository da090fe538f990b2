// SPDX-License-Identifier: Apache-2.0
// Owners of SQLite's handles, and its error codes as storage::Fault.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace carillon::db_sqlite {

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
using Handle = std::unique_ptr<sqlite3, CloseDatabase>;

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using PreparedStatement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

// The last error of `database`, as "<what>: <why>" with the Fault as code. `what` names the file or table.
[[nodiscard]] std::unexpected<base::Error> failure(sqlite3* database, std::string_view what);

// Opens `path` with SQLITE_OPEN_* flags; never creates unless they say so.
[[nodiscard]] base::Result<Handle> open_file(const std::string& path, int flags, int busy_timeout_ms);

// One statement, or several behind each other, without parameters and rows.
[[nodiscard]] base::Result<> execute(sqlite3* database, const std::string& sql, std::string_view what);

// An error unless `text` is one whole statement.
[[nodiscard]] base::Result<PreparedStatement> prepare(sqlite3* database, std::string_view text, std::string_view what);

}  // namespace carillon::db_sqlite
