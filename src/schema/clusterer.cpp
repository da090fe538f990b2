// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group clusterer, for the module clusterer.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kClustererColumns = std::to_array<Column>({
    auto_id(),
    integer("cluster_id"),
    integer("node_id"),
    character("url", 64),
    integer("state").or_default("1"),
    integer("no_ping_retries").or_default("3"),
    integer("priority").or_default("50"),
    character("sip_addr", 64).null(),
    character("flags", 64).null(),
    character("description", 64).null(),
});
constexpr auto kClustererKeys = std::to_array<Key>({
    unique_key("cluster_id,node_id"),
});

constexpr auto kClustererBridgeColumns = std::to_array<Column>({
    auto_id(),
    integer("cluster_a"),
    integer("cluster_b"),
    character("send_shtag", 32),
    text("dst_node_csv").null(),
});
constexpr auto kClustererBridgeKeys = std::to_array<Key>({
    unique_key("cluster_a,cluster_b"),
});

}  // namespace

constinit const TableSpec kClustererTable = {
    .name = "clusterer", .version = 4, .group = "clusterer", .columns = kClustererColumns, .keys = kClustererKeys};
constinit const TableSpec kClustererBridgeTable = {.name = "clusterer_bridge",
                                                   .version = 1,
                                                   .group = "clusterer",
                                                   .columns = kClustererBridgeColumns,
                                                   .keys = kClustererBridgeKeys};

}  // namespace carillon::schema
