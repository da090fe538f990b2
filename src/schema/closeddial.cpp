// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group closeddial, for the module closeddial.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kCloseddialColumns = std::to_array<Column>({
    auto_id(),
    character("username", 64).or_default(""),
    character("domain", 64).or_default(""),
    character("cd_username", 64).or_default(""),
    character("cd_domain", 64).or_default(""),
    character("group_id", 64).or_default(""),
    character("new_uri", 255).or_default(""),
});
constexpr auto kCloseddialKeys = std::to_array<Key>({
    unique_key("username,domain,cd_domain,cd_username,group_id"),
    index_key("group_id"),
    index_key("cd_username"),
    index_key("username"),
});

}  // namespace

constinit const TableSpec kCloseddialTable = {
    .name = "closeddial", .version = 1, .group = "closeddial", .columns = kCloseddialColumns, .keys = kCloseddialKeys};

}  // namespace carillon::schema
