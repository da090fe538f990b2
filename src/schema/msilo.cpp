// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group msilo, for the module msilo.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kSiloColumns = std::to_array<Column>({
    auto_id(),
    character("src_addr", 255).or_default(""),
    character("dst_addr", 255).or_default(""),
    character("username", 64).or_default(""),
    character("domain", 64).or_default(""),
    integer("inc_time").or_default("0"),
    integer("exp_time").or_default("0"),
    integer("snd_time").or_default("0"),
    character("ctype", 255).null(),
    blob("body").null(),
});
constexpr auto kSiloKeys = std::to_array<Key>({
    index_key("username,domain"),
});

}  // namespace

constinit const TableSpec kSiloTable = {
    .name = "silo", .version = 6, .group = "msilo", .columns = kSiloColumns, .keys = kSiloKeys};

}  // namespace carillon::schema
