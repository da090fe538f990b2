// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group imc, for the module imc.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kImcRoomsColumns = std::to_array<Column>({
    auto_id(),
    character("name", 64),
    character("domain", 64),
    integer("flag"),
});
constexpr auto kImcRoomsKeys = std::to_array<Key>({
    unique_key("name,domain"),
});

constexpr auto kImcMembersColumns = std::to_array<Column>({
    auto_id(),
    character("username", 64),
    character("domain", 64),
    character("room", 64),
    integer("flag"),
});
constexpr auto kImcMembersKeys = std::to_array<Key>({
    unique_key("username,domain,room"),
});

}  // namespace

constinit const TableSpec kImcRoomsTable = {
    .name = "imc_rooms", .version = 2, .group = "imc", .columns = kImcRoomsColumns, .keys = kImcRoomsKeys};
constinit const TableSpec kImcMembersTable = {
    .name = "imc_members", .version = 2, .group = "imc", .columns = kImcMembersColumns, .keys = kImcMembersKeys};

}  // namespace carillon::schema
