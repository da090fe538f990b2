// SPDX-License-Identifier: Apache-2.0
// An older table made the present one by copying, for kinds of database that can't change a table (text, Berkeley).
#pragma once

#include "base/result.h"
#include "storage/database.h"

namespace carillon::server {

// The rows go into a table beside it (`<name>_migrating`), then into a new one of the right name. At every moment one
// complete copy is there, and resume_rebuild() finds it. Refused when the table has columns of its own, which the copy
// wouldn't have, unless `drop_columns`.
[[nodiscard]] base::Result<> rebuild_table(storage::Database& database, const storage::TableSpec& table,
                                           const storage::TableChange& change, bool drop_columns);

// Finishes what was interrupted; whether there was something. A copy that isn't complete is thrown away.
[[nodiscard]] base::Result<bool> resume_rebuild(storage::Database& database, const storage::TableSpec& table);

}  // namespace carillon::server
