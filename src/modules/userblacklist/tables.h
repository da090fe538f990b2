// SPDX-License-Identifier: Apache-2.0
// The database tables of userblacklist.
#pragma once

#include "storage/table_spec.h"

namespace carillon::userblacklist {

extern const storage::TableSpec kUserblacklistTable;
extern const storage::TableSpec kGlobalblacklistTable;

}  // namespace carillon::userblacklist
