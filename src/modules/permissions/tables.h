// SPDX-License-Identifier: Apache-2.0
// The database table of permissions.
#pragma once

#include "storage/table_spec.h"

namespace carillon::permissions {

extern const storage::TableSpec kAddressTable;

}  // namespace carillon::permissions
