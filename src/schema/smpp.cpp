// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group smpp, for the module proto_smpp.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kSmppColumns = std::to_array<Column>({
    auto_id(),
    character("name", 255),
    character("ip", 50),
    integer("port"),
    character("system_id", 16),
    character("password", 9),
    character("system_type", 13).or_default(""),
    integer("src_ton").or_default("0"),
    integer("src_npi").or_default("0"),
    integer("dst_ton").or_default("0"),
    integer("dst_npi").or_default("0"),
    integer("session_type").or_default("1"),
});
constexpr auto kSmppKeys = std::to_array<Key>({
    unique_key("name"),
});

}  // namespace

constinit const TableSpec kSmppTable = {
    .name = "smpp", .version = 1, .group = "smpp", .columns = kSmppColumns, .keys = kSmppKeys};

}  // namespace carillon::schema
