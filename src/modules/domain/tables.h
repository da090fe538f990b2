// SPDX-License-Identifier: Apache-2.0
// The database table of domain.
#pragma once

#include "storage/table_spec.h"

namespace carillon::domain {

extern const storage::TableSpec kDomainTable;

}  // namespace carillon::domain
