// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group sockets_mgm, for the module sockets_mgm.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kSocketsColumns = std::to_array<Column>({
    auto_id(),
    character("socket", 128),
    character("advertised", 128).null(),
    character("tag", 128).null(),
    character("flags", 128).null(),
    character("tos", 32).null(),
});

}  // namespace

constinit const TableSpec kSocketsTable = {
    .name = "sockets", .version = 1, .group = "sockets_mgm", .columns = kSocketsColumns, .keys = {}};

}  // namespace carillon::schema
