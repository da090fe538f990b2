// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group carrierroute, for the module carrierroute.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kCarrierrouteColumns = std::to_array<Column>({
    auto_id(),
    integer("carrier").or_default("0"),
    character("domain", 64).or_default(""),
    character("scan_prefix", 64).or_default(""),
    integer("flags").or_default("0"),
    integer("mask").or_default("0"),
    floating("prob").or_default("0"),
    integer("strip").or_default("0"),
    character("rewrite_host", 255).or_default(""),
    character("rewrite_prefix", 64).or_default(""),
    character("rewrite_suffix", 64).or_default(""),
    character("description", 255).null(),
});

constexpr auto kCarrierfailurerouteColumns = std::to_array<Column>({
    auto_id(),
    integer("carrier").or_default("0"),
    character("domain", 64).or_default(""),
    character("scan_prefix", 64).or_default(""),
    character("host_name", 255).or_default(""),
    character("reply_code", 3).or_default(""),
    integer("flags").or_default("0"),
    integer("mask").or_default("0"),
    character("next_domain", 64).or_default(""),
    character("description", 255).null(),
});

constexpr auto kRouteTreeColumns = std::to_array<Column>({
    auto_id(),
    character("carrier", 64).null(),
});

}  // namespace

constinit const TableSpec kCarrierrouteTable = {
    .name = "carrierroute", .version = 3, .group = "carrierroute", .columns = kCarrierrouteColumns, .keys = {}};
constinit const TableSpec kCarrierfailurerouteTable = {.name = "carrierfailureroute",
                                                       .version = 2,
                                                       .group = "carrierroute",
                                                       .columns = kCarrierfailurerouteColumns,
                                                       .keys = {}};
constinit const TableSpec kRouteTreeTable = {
    .name = "route_tree", .version = 2, .group = "carrierroute", .columns = kRouteTreeColumns, .keys = {}};

}  // namespace carillon::schema
