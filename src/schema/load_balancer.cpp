// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group load_balancer, for the module load_balancer.
#include <array>
#include <cstdint>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kLoadBalancerColumns = std::to_array<Column>({
    auto_id(),
    integer("group_id").or_default("0"),
    character("dst_uri", 128),
    character("resources", 255),
    integer("probe_mode").or_default("0"),
    character("attrs", 255).null(),
    character("description", 128).null(),
});
constexpr auto kLoadBalancerKeys = std::to_array<Key>({
    index_key("dst_uri"),
});
constexpr auto kOlderLoadBalancer = std::to_array<std::uint32_t>({2});

}  // namespace

constinit const TableSpec kLoadBalancerTable = {.name = "load_balancer",
                                                .version = 3,
                                                .group = "load_balancer",
                                                .columns = kLoadBalancerColumns,
                                                .keys = kLoadBalancerKeys,
                                                .older_versions = kOlderLoadBalancer};

}  // namespace carillon::schema
