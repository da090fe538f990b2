// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group ratecacher, for the module rate_cacher.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kRcClientsColumns = std::to_array<Column>({
    auto_id(),
    character("client_id", 64),
    integer("wholesale_rate").or_default("0"),
    integer("retail_rate").or_default("0"),
});
constexpr auto kRcClientsKeys = std::to_array<Key>({
    unique_key("client_id"),
});

constexpr auto kRcVendorsColumns = std::to_array<Column>({
    auto_id(),
    character("vendor_id", 64),
    integer("vendor_rate").or_default("0"),
});
constexpr auto kRcVendorsKeys = std::to_array<Key>({
    unique_key("vendor_id"),
});

constexpr auto kRcRatesheetsColumns = std::to_array<Column>({
    auto_id(),
    character("ratesheet_table", 64),
    character("currency", 64),
});
constexpr auto kRcRatesheetsKeys = std::to_array<Key>({
    unique_key("ratesheet_table"),
});

constexpr auto kRcDemoRatesheetColumns = std::to_array<Column>({
    auto_id(),
    character("prefix", 64),
    character("destination", 128),
    floating("price").or_default("0"),
    integer("minimum").or_default("0"),
    integer("increment").or_default("1"),
});
constexpr auto kRcDemoRatesheetKeys = std::to_array<Key>({
    unique_key("prefix"),
});

}  // namespace

constinit const TableSpec kRcClientsTable = {
    .name = "rc_clients", .version = 1, .group = "ratecacher", .columns = kRcClientsColumns, .keys = kRcClientsKeys};
constinit const TableSpec kRcVendorsTable = {
    .name = "rc_vendors", .version = 1, .group = "ratecacher", .columns = kRcVendorsColumns, .keys = kRcVendorsKeys};
constinit const TableSpec kRcRatesheetsTable = {.name = "rc_ratesheets",
                                                .version = 1,
                                                .group = "ratecacher",
                                                .columns = kRcRatesheetsColumns,
                                                .keys = kRcRatesheetsKeys};
constinit const TableSpec kRcDemoRatesheetTable = {.name = "rc_demo_ratesheet",
                                                   .version = 1,
                                                   .group = "ratecacher",
                                                   .columns = kRcDemoRatesheetColumns,
                                                   .keys = kRcDemoRatesheetKeys};

}  // namespace carillon::schema
