// SPDX-License-Identifier: Apache-2.0
// The dialects of the databases that more than one driver may meet. Types are spelled as in OpenSIPS's own tables.
#pragma once

#include "storage/sql.h"

namespace carillon::storage::sql {

[[nodiscard]] const Dialect& sqlite_dialect();
[[nodiscard]] const Dialect& mariadb_dialect();
[[nodiscard]] const Dialect& mysql_dialect();
[[nodiscard]] const Dialect& postgres_dialect();
// What any SQL database should understand.
[[nodiscard]] const Dialect& standard_dialect();

}  // namespace carillon::storage::sql
