// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group cachedb_sql, for the module cachedb_sql.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kCachedbColumns = std::to_array<Column>({
    auto_id(),
    character("keyname", 255),
    text("value", 512),
    integer("counter").or_default("0"),
    integer("expires").or_default("0"),
});
constexpr auto kCachedbKeys = std::to_array<Key>({
    unique_key("keyname"),
});

}  // namespace

constinit const TableSpec kCachedbTable = {
    .name = "cachedb", .version = 2, .group = "cachedb_sql", .columns = kCachedbColumns, .keys = kCachedbKeys};

}  // namespace carillon::schema
