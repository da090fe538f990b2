// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group registrant, for the module uac_registrant.
#include <array>
#include <cstdint>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kRegistrantColumns = std::to_array<Column>({
    auto_id(),
    character("registrar", 255).or_default(""),
    character("proxy", 255).null(),
    character("aor", 255).or_default(""),
    character("third_party_registrant", 255).null(),
    character("username", 64).null(),
    character("password", 64).null(),
    character("binding_URI", 255).or_default(""),
    character("binding_params", 64).null(),
    integer("expiry").null(),
    character("forced_socket", 64).null(),
    character("cluster_shtag", 64).null(),
    integer("state").or_default("0"),
});
constexpr auto kRegistrantKeys = std::to_array<Key>({
    unique_key("aor,binding_URI,registrar"),
});
constexpr auto kOlderRegistrant = std::to_array<std::uint32_t>({2});

}  // namespace

constinit const TableSpec kRegistrantTable = {.name = "registrant",
                                              .version = 3,
                                              .group = "registrant",
                                              .columns = kRegistrantColumns,
                                              .keys = kRegistrantKeys,
                                              .older_versions = kOlderRegistrant};

}  // namespace carillon::schema
