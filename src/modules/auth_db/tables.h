// SPDX-License-Identifier: Apache-2.0
// The tables `subscriber` and `uri`.
#pragma once

#include "storage/table_spec.h"

namespace carillon::auth_db {

extern const storage::TableSpec kSubscriberTable;
extern const storage::TableSpec kUriTable;

}  // namespace carillon::auth_db
