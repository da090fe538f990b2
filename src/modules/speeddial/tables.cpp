// SPDX-License-Identifier: Apache-2.0
// See tables.h.
#include "modules/speeddial/tables.h"

#include <array>

namespace carillon::speeddial {
namespace {

using namespace storage;

constexpr auto kSpeedDialColumns = std::to_array<Column>({
    auto_id(),
    character("username", 64).or_default(""),
    character("domain", 64).or_default(""),
    character("sd_username", 64).or_default(""),
    character("sd_domain", 64).or_default(""),
    character("new_uri", 255).or_default(""),
    character("fname", 64).or_default(""),
    character("lname", 64).or_default(""),
    character("description", 64).or_default(""),
});
constexpr auto kSpeedDialKeys = std::to_array<Key>({
    unique_key("username,domain,sd_domain,sd_username"),
});

}  // namespace

constinit const TableSpec kSpeedDialTable = {
    .name = "speed_dial", .version = 3, .group = "speeddial", .columns = kSpeedDialColumns, .keys = kSpeedDialKeys};

}  // namespace carillon::speeddial
