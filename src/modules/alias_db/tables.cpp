// SPDX-License-Identifier: Apache-2.0
// See tables.h.
#include "modules/alias_db/tables.h"

#include <array>

namespace carillon::alias_db {
namespace {

using namespace storage;

constexpr auto kColumns = std::to_array<Column>({
    auto_id(),
    character("alias_username", 64).or_default(""),
    character("alias_domain", 64).or_default(""),
    character("username", 64).or_default(""),
    character("domain", 64).or_default(""),
});
constexpr auto kKeys = std::to_array<Key>({
    {KeyKind::Unique, "alias_username,alias_domain"},
    {KeyKind::Index, "username,domain"},
});

}  // namespace

constinit const TableSpec kDbaliasesTable = {
    .name = "dbaliases", .version = 2, .group = "alias_db", .columns = kColumns, .keys = kKeys};

}  // namespace carillon::alias_db
