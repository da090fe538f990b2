// SPDX-License-Identifier: Apache-2.0
// The database table of alias_db.
#pragma once

#include "storage/table_spec.h"

namespace carillon::alias_db {

extern const storage::TableSpec kDbaliasesTable;

}  // namespace carillon::alias_db
