// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group freeswitch_scripting, for the module freeswitch_scripting.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kFreeswitchColumns = std::to_array<Column>({
    auto_id(),
    character("username", 64).null(),
    character("password", 64),
    character("ip", 20),
    integer("port").or_default("8021"),
    character("events_csv", 255).null(),
});

}  // namespace

constinit const TableSpec kFreeswitchTable = {
    .name = "freeswitch", .version = 1, .group = "freeswitch_scripting", .columns = kFreeswitchColumns, .keys = {}};

}  // namespace carillon::schema
