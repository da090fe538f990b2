// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group dialplan, for the module dialplan.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kDialplanColumns = std::to_array<Column>({
    auto_id(),
    integer("dpid"),
    integer("pr").or_default("0"),
    integer("match_op"),
    character("match_exp", 64),
    integer("match_flags").or_default("0"),
    character("subst_exp", 64).null(),
    character("repl_exp", 32).null(),
    character("timerec", 255).null(),
    integer("disabled").or_default("0"),
    character("attrs", 255).null(),
});

}  // namespace

constinit const TableSpec kDialplanTable = {
    .name = "dialplan", .version = 5, .group = "dialplan", .columns = kDialplanColumns, .keys = {}};

}  // namespace carillon::schema
