// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group rtpengine, for the module rtpengine.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kRtpengineColumns = std::to_array<Column>({
    auto_id(),
    text("socket"),
    integer("set_id"),
});

}  // namespace

constinit const TableSpec kRtpengineTable = {
    .name = "rtpengine", .version = 1, .group = "rtpengine", .columns = kRtpengineColumns, .keys = {}};

}  // namespace carillon::schema
