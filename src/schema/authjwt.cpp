// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group authjwt, for the module auth_jwt.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kJwtProfilesColumns = std::to_array<Column>({
    auto_id(),
    character("tag", 128),
    character("sip_username", 128),
});
constexpr auto kJwtProfilesKeys = std::to_array<Key>({
    unique_key("tag"),
});

constexpr auto kJwtSecretsColumns = std::to_array<Column>({
    auto_id(),
    character("corresponding_tag", 128),
    text("secret"),
    integer("start_ts"),
    integer("end_ts"),
});

}  // namespace

constinit const TableSpec kJwtProfilesTable = {
    .name = "jwt_profiles", .version = 1, .group = "authjwt", .columns = kJwtProfilesColumns, .keys = kJwtProfilesKeys};
constinit const TableSpec kJwtSecretsTable = {
    .name = "jwt_secrets", .version = 1, .group = "authjwt", .columns = kJwtSecretsColumns, .keys = {}};

}  // namespace carillon::schema
