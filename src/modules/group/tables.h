// SPDX-License-Identifier: Apache-2.0
// The database tables of group.
#pragma once

#include "storage/table_spec.h"

namespace carillon::group {

extern const storage::TableSpec kGrpTable;
extern const storage::TableSpec kReGrpTable;

}  // namespace carillon::group
