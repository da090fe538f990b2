// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group drouting, for the module drouting.
#include <array>
#include <cstdint>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kDrGatewaysColumns = std::to_array<Column>({
    auto_id(),
    character("gwid", 64),
    integer("type").or_default("0"),
    character("address", 128),
    integer("strip").or_default("0"),
    character("pri_prefix", 16).null(),
    character("attrs", 255).null(),
    integer("probe_mode").or_default("0"),
    integer("state").or_default("0"),
    character("socket", 128).null(),
    character("description", 128).null(),
});
constexpr auto kDrGatewaysKeys = std::to_array<Key>({
    unique_key("gwid"),
});

constexpr auto kDrRulesColumns = std::to_array<Column>({
    auto_id("ruleid"),
    character("groupid", 255),
    character("prefix", 64),
    character("timerec", 255).null(),
    integer("priority").or_default("0"),
    character("routeid", 255).null(),
    character("gwlist", 255).null(),
    character("sort_alg", 1).or_default("N"),
    integer("sort_profile").null(),
    character("attrs", 255).null(),
    character("description", 128).null(),
});
constexpr auto kOlderDrRules = std::to_array<std::uint32_t>({3});

constexpr auto kDrCarriersColumns = std::to_array<Column>({
    auto_id(),
    character("carrierid", 64),
    character("gwlist", 255),
    integer("flags").or_default("0"),
    character("sort_alg", 1).or_default("N"),
    integer("state").or_default("0"),
    character("attrs", 255).null(),
    character("description", 128).null(),
});
constexpr auto kDrCarriersKeys = std::to_array<Key>({
    unique_key("carrierid"),
});
constexpr auto kOlderDrCarriers = std::to_array<std::uint32_t>({2});

constexpr auto kDrGroupsColumns = std::to_array<Column>({
    auto_id(),
    character("username", 64),
    character("domain", 128).null(),
    integer("groupid").or_default("0"),
    character("description", 128).null(),
});

constexpr auto kDrPartitionsColumns = std::to_array<Column>({
    auto_id(),
    character("partition_name", 255),
    character("db_url", 255),
    character("drd_table", 255).null(),
    character("drr_table", 255).null(),
    character("drg_table", 255).null(),
    character("drc_table", 255).null(),
    character("ruri_avp", 255).null(),
    character("gw_id_avp", 255).null(),
    character("gw_priprefix_avp", 255).null(),
    character("gw_sock_avp", 255).null(),
    character("rule_id_avp", 255).null(),
    character("rule_prefix_avp", 255).null(),
    character("carrier_id_avp", 255).null(),
});

}  // namespace

constinit const TableSpec kDrGatewaysTable = {
    .name = "dr_gateways", .version = 6, .group = "drouting", .columns = kDrGatewaysColumns, .keys = kDrGatewaysKeys};
constinit const TableSpec kDrRulesTable = {.name = "dr_rules",
                                           .version = 4,
                                           .group = "drouting",
                                           .columns = kDrRulesColumns,
                                           .keys = {},
                                           .older_versions = kOlderDrRules};
constinit const TableSpec kDrCarriersTable = {.name = "dr_carriers",
                                              .version = 3,
                                              .group = "drouting",
                                              .columns = kDrCarriersColumns,
                                              .keys = kDrCarriersKeys,
                                              .older_versions = kOlderDrCarriers};
constinit const TableSpec kDrGroupsTable = {
    .name = "dr_groups", .version = 2, .group = "drouting", .columns = kDrGroupsColumns, .keys = {}};
constinit const TableSpec kDrPartitionsTable = {
    .name = "dr_partitions", .version = 1, .group = "drouting", .columns = kDrPartitionsColumns, .keys = {}};

}  // namespace carillon::schema
