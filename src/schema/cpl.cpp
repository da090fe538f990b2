// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group cpl, for the module cpl_c.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kCplColumns = std::to_array<Column>({
    auto_id(),
    character("username", 64),
    character("domain", 64).or_default(""),
    text("cpl_xml").null(),
    text("cpl_bin").null(),
});
constexpr auto kCplKeys = std::to_array<Key>({
    unique_key("username,domain"),
});

}  // namespace

constinit const TableSpec kCplTable = {
    .name = "cpl", .version = 2, .group = "cpl", .columns = kCplColumns, .keys = kCplKeys};

}  // namespace carillon::schema
