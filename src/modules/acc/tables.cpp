// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group acc, for the module acc.
#include <array>

#include "modules/acc/tables.h"
#include "storage/table_spec.h"

namespace carillon::acc {
namespace {

using namespace storage;

constexpr auto kAccColumns = std::to_array<Column>({
    auto_id(),
    character("method", 16).or_default(""),
    character("from_tag", 64).or_default(""),
    character("to_tag", 64).or_default(""),
    character("callid", 64).or_default(""),
    character("sip_code", 3).or_default(""),
    character("sip_reason", 32).or_default(""),
    date_time("time"),
    integer("duration").or_default("0"),
    integer("ms_duration").or_default("0"),
    integer("setuptime").or_default("0"),
    date_time("created").null(),
});
constexpr auto kAccKeys = std::to_array<Key>({
    index_key("callid"),
});

constexpr auto kMissedCallsColumns = std::to_array<Column>({
    auto_id(),
    character("method", 16).or_default(""),
    character("from_tag", 64).or_default(""),
    character("to_tag", 64).or_default(""),
    character("callid", 64).or_default(""),
    character("sip_code", 3).or_default(""),
    character("sip_reason", 32).or_default(""),
    date_time("time"),
    integer("setuptime").or_default("0"),
    date_time("created").null(),
});
constexpr auto kMissedCallsKeys = std::to_array<Key>({
    index_key("callid"),
});

}  // namespace

constinit const TableSpec kAccTable = {
    .name = "acc", .version = 7, .group = "acc", .columns = kAccColumns, .keys = kAccKeys};
constinit const TableSpec kMissedCallsTable = {
    .name = "missed_calls", .version = 5, .group = "acc", .columns = kMissedCallsColumns, .keys = kMissedCallsKeys};

}  // namespace carillon::acc
