// SPDX-License-Identifier: Apache-2.0
// The one table that storage itself knows.
#include "storage/table_spec.h"

#include <array>

namespace carillon::storage {
namespace {

constexpr auto kColumns = std::to_array<Column>({
    character("table_name", 32),
    integer("table_version").or_default("0"),
});
constexpr auto kKeys = std::to_array<Key>({{.kind = KeyKind::Unique, .columns = "table_name"}});
constexpr TableSpec kVersionTable{
    .name = "version", .version = 1, .group = "standard", .columns = kColumns, .keys = kKeys};

}  // namespace

const TableSpec& version_table() { return kVersionTable; }

}  // namespace carillon::storage
