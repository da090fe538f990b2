// SPDX-License-Identifier: Apache-2.0
// See tables.h.
#include "modules/group/tables.h"

#include <array>

namespace carillon::group {
namespace {

using namespace storage;

constexpr auto kGrpColumns = std::to_array<Column>({
    auto_id(),
    character("username", 64).or_default(""),
    character("domain", 64).or_default(""),
    character("grp", 64).or_default(""),
    date_time("last_modified").or_default("1900-01-01 00:00:01"),
});
constexpr auto kGrpKeys = std::to_array<Key>({
    unique_key("username,domain,grp"),
});

constexpr auto kReGrpColumns = std::to_array<Column>({
    auto_id(),
    character("reg_exp", 128).or_default(""),
    integer("group_id").or_default("0"),
});
constexpr auto kReGrpKeys = std::to_array<Key>({
    index_key("group_id"),
});

}  // namespace

constinit const TableSpec kGrpTable = {
    .name = "grp", .version = 3, .group = "group", .columns = kGrpColumns, .keys = kGrpKeys};
constinit const TableSpec kReGrpTable = {
    .name = "re_grp", .version = 2, .group = "group", .columns = kReGrpColumns, .keys = kReGrpKeys};

}  // namespace carillon::group
