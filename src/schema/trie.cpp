// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group trie, for the module trie.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kTrieTableColumns = std::to_array<Column>({
    auto_id("ruleid"),
    character("prefix", 64),
    character("attrs", 255).null(),
    integer("enabled").or_default("1"),
});

constexpr auto kTriePartitionsColumns = std::to_array<Column>({
    auto_id(),
    character("partition_name", 255),
    character("db_url", 255),
    character("trie_table", 255).null(),
});

}  // namespace

constinit const TableSpec kTrieTableTable = {
    .name = "trie_table", .version = 1, .group = "trie", .columns = kTrieTableColumns, .keys = {}};
constinit const TableSpec kTriePartitionsTable = {
    .name = "trie_partitions", .version = 1, .group = "trie", .columns = kTriePartitionsColumns, .keys = {}};

}  // namespace carillon::schema
