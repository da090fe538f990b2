// SPDX-License-Identifier: Apache-2.0
// The database table of speeddial.
#pragma once

#include "storage/table_spec.h"

namespace carillon::speeddial {

extern const storage::TableSpec kSpeedDialTable;

}  // namespace carillon::speeddial
