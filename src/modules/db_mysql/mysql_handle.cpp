// SPDX-License-Identifier: Apache-2.0
// What the error numbers of MariaDB and MySQL mean to a caller.
#include "modules/db_mysql/mysql_handle.h"

#include <errmsg.h>
#include <fmt/format.h>
#include <mysqld_error.h>

namespace carillon::db_mysql {
namespace {

using storage::Fault;

// Only MySQL knows it: max_execution_time is over.
constexpr unsigned kMysqlQueryTimeout = 3024;
// Only MariaDB knows it: max_statement_time is over.
constexpr unsigned kMariadbStatementTimeout = 1969;
// Errors with which a server sends clients away.
constexpr unsigned kConnectionKilled = 1927;

}  // namespace

bool is_loss(unsigned number) {
  switch (number) {
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_SERVER_LOST_EXTENDED:
    case CR_COMMANDS_OUT_OF_SYNC:
    case CR_MALFORMED_PACKET:
    case ER_SERVER_SHUTDOWN:
    case ER_NORMAL_SHUTDOWN:
    case ER_NET_READ_ERROR:
    case ER_NET_READ_INTERRUPTED:
    case ER_NET_PACKET_TOO_LARGE:
    case kConnectionKilled:
      return true;
    default:
      return false;
  }
}

bool is_conflict(unsigned number) { return number == ER_LOCK_DEADLOCK || number == ER_CHECKREAD; }

Fault fault_of(unsigned number) {
  switch (number) {
    case ER_DUP_ENTRY:
    case ER_DUP_ENTRY_WITH_KEY_NAME:
    case ER_TABLE_EXISTS_ERROR:
      return Fault::Duplicate;
    case ER_NO_SUCH_TABLE:
    case ER_BAD_TABLE_ERROR:
      return Fault::NoSuchTable;
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_LOCK_DEADLOCK:
    case ER_CHECKREAD:
    case ER_QUERY_INTERRUPTED:
    case ER_DISK_FULL:
    case ER_RECORD_FILE_FULL:
    case ER_OUTOFMEMORY:
    case ER_OUT_OF_SORTMEMORY:
    case ER_OPTION_PREVENTS_STATEMENT:  // --read-only
    case kMysqlQueryTimeout:
    case kMariadbStatementTimeout:
      return Fault::Busy;
    case ER_NET_PACKET_TOO_LARGE:
      return Fault::Other;  // it would be lost with the next connection, too
    default:
      break;
  }
  return is_loss(number) ? Fault::Unavailable : Fault::Other;
}

std::unexpected<base::Error> failure(std::string_view name, std::string_view message, unsigned number) {
  return base::fail(fmt::format("{}: {} ({})", name, message, number), static_cast<int>(fault_of(number)));
}

}  // namespace carillon::db_mysql
