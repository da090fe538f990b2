// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group dispatcher, for the module dispatcher.
#include <array>
#include <cstdint>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kDispatcherColumns = std::to_array<Column>({
    auto_id(),
    integer("setid").or_default("0"),
    character("destination", 192).or_default(""),
    character("socket", 128).null(),
    integer("state").or_default("0"),
    integer("probe_mode").or_default("0"),
    character("weight", 64).or_default("1"),
    integer("priority").or_default("0"),
    character("attrs", 128).null(),
    character("description", 64).null(),
});
constexpr auto kOlderDispatcher = std::to_array<std::uint32_t>({8});

}  // namespace

constinit const TableSpec kDispatcherTable = {.name = "dispatcher",
                                              .version = 9,
                                              .group = "dispatcher",
                                              .columns = kDispatcherColumns,
                                              .keys = {},
                                              .older_versions = kOlderDispatcher};

}  // namespace carillon::schema
