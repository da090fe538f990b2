// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group emergency, for the module emergency.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kEmergencyRoutingColumns = std::to_array<Column>({
    auto_id(),
    character("selectiveRoutingID", 11),
    integer("routingESN").or_default("0"),
    integer("npa").or_default("0"),
    character("esgwri", 50),
});

constexpr auto kEmergencyReportColumns = std::to_array<Column>({
    auto_id(),
    character("callid", 25),
    character("selectiveRoutingID", 11),
    integer("routingESN").or_default("0"),
    integer("npa").or_default("0"),
    character("esgwri", 50),
    character("lro", 20),
    character("VPC_organizationName", 50),
    character("VPC_hostname", 50),
    character("VPC_timestamp", 30),
    character("result", 4),
    character("disposition", 10),
});

constexpr auto kEmergencyServiceProviderColumns = std::to_array<Column>({
    auto_id(),
    character("organizationName", 50),
    character("hostId", 30),
    character("nenaId", 50),
    character("contact", 20),
    character("certUri", 50),
    character("nodeIP", 20),
    integer("attribution"),
});

}  // namespace

constinit const TableSpec kEmergencyRoutingTable = {
    .name = "emergency_routing", .version = 1, .group = "emergency", .columns = kEmergencyRoutingColumns, .keys = {}};
constinit const TableSpec kEmergencyReportTable = {
    .name = "emergency_report", .version = 1, .group = "emergency", .columns = kEmergencyReportColumns, .keys = {}};
constinit const TableSpec kEmergencyServiceProviderTable = {.name = "emergency_service_provider",
                                                            .version = 1,
                                                            .group = "emergency",
                                                            .columns = kEmergencyServiceProviderColumns,
                                                            .keys = {}};

}  // namespace carillon::schema
