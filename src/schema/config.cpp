// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group config, for the module config.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kConfigColumns = std::to_array<Column>({
    auto_id(),
    character("name", 255),
    text("value", 4096).null(),
    character("description", 255).null(),
});
constexpr auto kConfigKeys = std::to_array<Key>({
    unique_key("name"),
});

}  // namespace

constinit const TableSpec kConfigTable = {
    .name = "config", .version = 1, .group = "config", .columns = kConfigColumns, .keys = kConfigKeys};

}  // namespace carillon::schema
