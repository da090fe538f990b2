// SPDX-License-Identifier: Apache-2.0
// See tables.h.
#include "modules/permissions/tables.h"

#include <array>

namespace carillon::permissions {
namespace {

using namespace storage;

constexpr auto kAddressColumns = std::to_array<Column>({
    auto_id(),
    small_integer("grp", 5).or_default("0"),
    character("ip", 50),
    small_integer("mask").or_default("32"),
    small_integer("port", 5).or_default("0"),
    character("proto", 4).or_default("any"),
    character("pattern", 64).null(),
    character("context_info", 32).null(),
});

}  // namespace

constinit const TableSpec kAddressTable = {
    .name = "address", .version = 5, .group = "permissions", .columns = kAddressColumns, .keys = {}};

}  // namespace carillon::permissions
