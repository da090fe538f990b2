// SPDX-License-Identifier: Apache-2.0
// The tables of acc, as OpenSIPS 4.1 has them.
#pragma once

namespace carillon::storage {
struct TableSpec;
}

namespace carillon::acc {

extern const storage::TableSpec kAccTable;
extern const storage::TableSpec kMissedCallsTable;

}  // namespace carillon::acc
