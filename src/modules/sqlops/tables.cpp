// SPDX-License-Identifier: Apache-2.0
// See tables.h.
#include "modules/sqlops/tables.h"

#include <array>

namespace carillon::sqlops {
namespace {

using namespace storage;

constexpr auto kColumns = std::to_array<Column>({
    auto_id(),
    character("uuid", 64).or_default(""),
    character("username", 64).or_default("0"),
    character("domain", 64).or_default(""),
    character("attribute", 32).or_default(""),
    integer("type").or_default("0"),
    character("value", 128).or_default(""),
    date_time("last_modified").or_default("1900-01-01 00:00:01"),
});
constexpr auto kKeys = std::to_array<Key>({
    {KeyKind::Index, "uuid,attribute"},
    {KeyKind::Index, "username,domain,attribute"},
    {KeyKind::Index, "value"},
});

}  // namespace

constinit const TableSpec kUsrPreferencesTable = {
    .name = "usr_preferences", .version = 3, .group = "sqlops", .columns = kColumns, .keys = kKeys};

}  // namespace carillon::sqlops
