// SPDX-License-Identifier: Apache-2.0
// See tables.h.
#include "modules/userblacklist/tables.h"

#include <array>

namespace carillon::userblacklist {
namespace {

using namespace storage;

constexpr auto kUserColumns = std::to_array<Column>({
    auto_id(),
    character("username", 64).or_default(""),
    character("domain", 64).or_default(""),
    character("prefix", 64).or_default(""),
    integer("whitelist").or_default("0"),
});
constexpr auto kUserKeys = std::to_array<Key>({{KeyKind::Index, "username,domain,prefix"}});

constexpr auto kGlobalColumns = std::to_array<Column>({
    auto_id(),
    character("prefix", 64).or_default(""),
    integer("whitelist").or_default("0"),
    character("description", 255).null(),
});
constexpr auto kGlobalKeys = std::to_array<Key>({{KeyKind::Index, "prefix"}});

}  // namespace

constinit const TableSpec kUserblacklistTable = {
    .name = "userblacklist", .version = 2, .group = "userblacklist", .columns = kUserColumns, .keys = kUserKeys};
constinit const TableSpec kGlobalblacklistTable = {
    .name = "globalblacklist", .version = 2, .group = "userblacklist", .columns = kGlobalColumns, .keys = kGlobalKeys};

}  // namespace carillon::userblacklist
