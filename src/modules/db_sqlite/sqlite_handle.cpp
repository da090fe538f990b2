// SPDX-License-Identifier: Apache-2.0
// SQLite's C interface, as little of it as the driver needs.
#include "modules/db_sqlite/sqlite_handle.h"

#include "base/strings.h"
#include "storage/driver.h"

namespace carillon::db_sqlite {
namespace {

using storage::Fault;

Fault fault_of(sqlite3* database) {
  const int extended = sqlite3_extended_errcode(database);
  switch (extended) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return Fault::Duplicate;
    default:
      break;
  }
  switch (extended & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:  // of the disk: somebody will make room
    case SQLITE_NOMEM:
      return Fault::Busy;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Fault::NotADatabase;
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return Fault::Unavailable;
    case SQLITE_ERROR:
      // SQLite has no code of its own for it.
      return std::string_view(sqlite3_errmsg(database)).starts_with("no such table") ? Fault::NoSuchTable
                                                                                     : Fault::Other;
    default:
      return Fault::Other;
  }
}

}  // namespace

std::unexpected<base::Error> failure(sqlite3* database, std::string_view what) {
  return base::fail(std::string(what) + ": " + sqlite3_errmsg(database), static_cast<int>(fault_of(database)));
}

base::Result<Handle> open_file(const std::string& path, int flags, int busy_timeout_ms) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Handle handle(raw);
  if (!handle) return base::fail(path + ": out of memory", static_cast<int>(Fault::Unavailable));
  if (code != SQLITE_OK) return failure(raw, path);
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, busy_timeout_ms);
  return handle;
}

base::Result<> execute(sqlite3* database, const std::string& sql, std::string_view what) {
  if (sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return failure(database, what);
  return {};
}

base::Result<PreparedStatement> prepare(sqlite3* database, std::string_view text, std::string_view what) {
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  const int code =
      sqlite3_prepare_v3(database, text.data(), static_cast<int>(text.size()), SQLITE_PREPARE_PERSISTENT, &raw, &tail);
  PreparedStatement statement(raw);
  if (code != SQLITE_OK) return failure(database, what);
  const std::string_view rest(tail, static_cast<std::size_t>(text.data() + text.size() - tail));
  if (!statement || !base::trim(rest).empty()) {
    return base::fail(std::string(what) + ": exactly one statement is expected", static_cast<int>(Fault::Other));
  }
  return statement;
}

}  // namespace carillon::db_sqlite
