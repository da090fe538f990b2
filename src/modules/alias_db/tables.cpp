// SPDX-License-Identifier: Apache-2.0
// See tables.h.
#include "modules/alias_db/tables.h"

#include <array>

namespace carillon::alias_db {
namespace {

using namespace storage;

constexpr auto kDbaliasesColumns = std::to_array<Column>({
    auto_id(),
    character("alias_username", 64).or_default(""),
    character("alias_domain", 64).or_default(""),
    character("username", 64).or_default(""),
    character("domain", 64).or_default(""),
});
constexpr auto kDbaliasesKeys = std::to_array<Key>({
    unique_key("alias_username,alias_domain"),
    index_key("username,domain"),
});

}  // namespace

constinit const TableSpec kDbaliasesTable = {
    .name = "dbaliases", .version = 2, .group = "alias_db", .columns = kDbaliasesColumns, .keys = kDbaliasesKeys};

}  // namespace carillon::alias_db
