// SPDX-License-Identifier: Apache-2.0
// What SQLSTATEs mean to a caller.
#include "modules/db_postgres/postgres_handle.h"

#include <algorithm>

#include "base/strings.h"
#include "storage/socket_wait.h"

namespace carillon::db_postgres {

using storage::Fault;

base::Duration left_until(Deadline deadline) {
  if (deadline == Deadline::max()) return storage::SocketWait::kForEver;
  return std::max<base::Duration>(deadline - std::chrono::steady_clock::now(), base::Duration::zero());
}

bool is_loss(std::string_view sqlstate) {
  return sqlstate.starts_with("08") || sqlstate == "57P01" || sqlstate == "57P02" || sqlstate == "57P03" ||
         sqlstate == "57P04" || sqlstate == "57P05" || sqlstate == "25P03";
}

bool is_conflict(std::string_view sqlstate) { return sqlstate == "40001" || sqlstate == "40P01"; }

Fault fault_of(std::string_view sqlstate) {
  if (sqlstate == "23505" || sqlstate == "42P07" || sqlstate == "42P04") return Fault::Duplicate;
  if (sqlstate == "42P01") return Fault::NoSuchTable;
  if (is_loss(sqlstate)) return Fault::Unavailable;
  // Transactions in the way, locks, resources of the server (the disk, memory), a time limit, a read-only server.
  const bool busy = sqlstate.starts_with("40") || sqlstate == "55P03" || sqlstate.starts_with("53") ||
                    sqlstate == "57014" || sqlstate == "25006";
  return busy ? Fault::Busy : Fault::Other;
}

std::string one_line(std::string_view message) {
  std::string result(base::trim(message));
  std::ranges::replace_if(result, base::is_lws, ' ');
  return result;
}

}  // namespace carillon::db_postgres
