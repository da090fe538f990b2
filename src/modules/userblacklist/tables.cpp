// SPDX-License-Identifier: Apache-2.0
// See tables.h.
#include "modules/userblacklist/tables.h"

#include <array>

namespace carillon::userblacklist {
namespace {

using namespace storage;

constexpr auto kUserblacklistColumns = std::to_array<Column>({
    auto_id(),
    character("username", 64).or_default(""),
    character("domain", 64).or_default(""),
    character("prefix", 64).or_default(""),
    tiny_integer("whitelist", 1).or_default("0"),
});
constexpr auto kUserblacklistKeys = std::to_array<Key>({
    index_key("username,domain,prefix"),
});

constexpr auto kGlobalblacklistColumns = std::to_array<Column>({
    auto_id(),
    character("prefix", 64).or_default(""),
    tiny_integer("whitelist", 1).or_default("0"),
    character("description", 255).null(),
});
constexpr auto kGlobalblacklistKeys = std::to_array<Key>({
    index_key("prefix"),
});

}  // namespace

constinit const TableSpec kUserblacklistTable = {.name = "userblacklist",
                                                 .version = 2,
                                                 .group = "userblacklist",
                                                 .columns = kUserblacklistColumns,
                                                 .keys = kUserblacklistKeys};
constinit const TableSpec kGlobalblacklistTable = {.name = "globalblacklist",
                                                   .version = 2,
                                                   .group = "userblacklist",
                                                   .columns = kGlobalblacklistColumns,
                                                   .keys = kGlobalblacklistKeys};

}  // namespace carillon::userblacklist
