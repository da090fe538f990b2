// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group rtpproxy, for the module rtpproxy.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kRtpproxySocketsColumns = std::to_array<Column>({
    auto_id(),
    text("rtpproxy_sock"),
    integer("set_id"),
});

}  // namespace

constinit const TableSpec kRtpproxySocketsTable = {
    .name = "rtpproxy_sockets", .version = 0, .group = "rtpproxy", .columns = kRtpproxySocketsColumns, .keys = {}};

}  // namespace carillon::schema
