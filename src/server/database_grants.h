// SPDX-License-Identifier: Apache-2.0
// The two users of a database that a server has, as the classic tool makes them: one that writes, one that reads.
#pragma once

#include "server/database_choice.h"

namespace carillon::server {

// `database` is open as its administrator. The users are those of the rc file (DBRWUSER, DBROUSER), or else the one of
// the URL; they are made when they aren't there.
[[nodiscard]] base::Result<> grant_users(storage::Database& database, const DatabaseChoice& choice);

}  // namespace carillon::server
