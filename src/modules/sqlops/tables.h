// SPDX-License-Identifier: Apache-2.0
// The database table of sqlops.
#pragma once

#include "storage/table_spec.h"

namespace carillon::sqlops {

extern const storage::TableSpec kUsrPreferencesTable;

}  // namespace carillon::sqlops
