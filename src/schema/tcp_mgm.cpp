// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group tcp_mgm, for the module tcp_mgm.
#include <array>
#include <cstdint>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kTcpMgmColumns = std::to_array<Column>({
    auto_id(),
    character("proto", 8).or_default("any"),
    character("remote_addr", 43).null(),
    integer("remote_port").or_default("0"),
    character("local_addr", 43).null(),
    integer("local_port").or_default("0"),
    integer("priority").or_default("0"),
    character("attrs", 255).null(),
    integer("connect_timeout").or_default("100"),
    integer("con_lifetime").or_default("120"),
    integer("msg_read_timeout").or_default("4"),
    integer("send_threshold").or_default("0"),
    integer("no_new_conn").or_default("0"),
    integer("alias_mode").or_default("0"),
    integer("keepalive").or_default("1"),
    integer("keepcount").or_default("9"),
    integer("keepidle").or_default("7200"),
    integer("keepinterval").or_default("75"),
});
constexpr auto kOlderTcpMgm = std::to_array<std::uint32_t>({1});

}  // namespace

constinit const TableSpec kTcpMgmTable = {.name = "tcp_mgm",
                                          .version = 2,
                                          .group = "tcp_mgm",
                                          .columns = kTcpMgmColumns,
                                          .keys = {},
                                          .older_versions = kOlderTcpMgm};

}  // namespace carillon::schema
