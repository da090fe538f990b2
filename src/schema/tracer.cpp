// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group tracer, for the module tracer.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kSipTraceColumns = std::to_array<Column>({
    auto_id(),
    date_time("time_stamp").or_default("1900-01-01 00:00:01"),
    character("callid", 255).or_default(""),
    character("trace_attrs", 255).null(),
    text("msg"),
    character("method", 32).or_default(""),
    character("status", 255).null(),
    character("from_proto", 5),
    character("from_ip", 50).or_default(""),
    integer("from_port"),
    character("to_proto", 5),
    character("to_ip", 50).or_default(""),
    integer("to_port"),
    character("fromtag", 64).or_default(""),
    character("direction", 4).or_default(""),
});
constexpr auto kSipTraceKeys = std::to_array<Key>({
    index_key("trace_attrs"),
    index_key("time_stamp"),
    index_key("from_ip"),
    index_key("callid"),
});

}  // namespace

constinit const TableSpec kSipTraceTable = {
    .name = "sip_trace", .version = 5, .group = "tracer", .columns = kSipTraceColumns, .keys = kSipTraceKeys};

}  // namespace carillon::schema
