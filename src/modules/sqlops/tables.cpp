// SPDX-License-Identifier: Apache-2.0
// See tables.h.
#include "modules/sqlops/tables.h"

#include <array>

namespace carillon::sqlops {
namespace {

using namespace storage;

constexpr auto kUsrPreferencesColumns = std::to_array<Column>({
    auto_id(),
    character("uuid", 64).or_default(""),
    character("username", 64).or_default("0"),
    character("domain", 64).or_default(""),
    character("attribute", 32).or_default(""),
    integer("type").or_default("0"),
    character("value", 128).or_default(""),
    date_time("last_modified").or_default("1900-01-01 00:00:01"),
});
constexpr auto kUsrPreferencesKeys = std::to_array<Key>({
    index_key("uuid,attribute"),
    index_key("username,domain,attribute"),
    index_key("value"),
});

}  // namespace

constinit const TableSpec kUsrPreferencesTable = {.name = "usr_preferences",
                                                  .version = 3,
                                                  .group = "sqlops",
                                                  .columns = kUsrPreferencesColumns,
                                                  .keys = kUsrPreferencesKeys};

}  // namespace carillon::sqlops
