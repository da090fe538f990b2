// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group janus, for the module janus.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kJanusColumns = std::to_array<Column>({
    auto_id(),
    text("janus_id"),
    text("janus_url"),
});

}  // namespace

constinit const TableSpec kJanusTable = {
    .name = "janus", .version = 1, .group = "janus", .columns = kJanusColumns, .keys = {}};

}  // namespace carillon::schema
