// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group call_center, for the module call_center.
#include <array>
#include <cstdint>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kCcFlowsColumns = std::to_array<Column>({
    auto_id(),
    character("flowid", 64),
    integer("priority").or_default("256"),
    character("skill", 64),
    character("prependcid", 32).null(),
    integer("max_wrapup_time").or_default("0"),
    integer("dissuading_hangup").or_default("0"),
    integer("dissuading_onhold_th").or_default("0"),
    integer("dissuading_ewt_th").or_default("0"),
    integer("dissuading_qsize_th").or_default("0"),
    character("message_welcome", 128).null(),
    character("message_queue", 128),
    character("message_dissuading", 128).null(),
    character("message_flow_id", 128).null(),
});
constexpr auto kCcFlowsKeys = std::to_array<Key>({
    unique_key("flowid"),
});
constexpr auto kOlderCcFlows = std::to_array<std::uint32_t>({1});

constexpr auto kCcAgentsColumns = std::to_array<Column>({
    auto_id(),
    character("agentid", 128),
    character("location", 128).null(),
    integer("logstate").or_default("0"),
    character("msrp_location", 128).null(),
    integer("msrp_max_sessions").or_default("4"),
    character("skills", 255),
    integer("wrapup_end_time").or_default("0"),
    integer("wrapup_time").or_default("0"),
});
constexpr auto kCcAgentsKeys = std::to_array<Key>({
    unique_key("agentid"),
});
constexpr auto kOlderCcAgents = std::to_array<std::uint32_t>({1, 2});

constexpr auto kCcCdrsColumns = std::to_array<Column>({
    auto_id(),
    character("caller", 64),
    date_time("received_timestamp"),
    integer("wait_time").or_default("0"),
    integer("pickup_time").or_default("0"),
    integer("talk_time").or_default("0"),
    character("flow_id", 128),
    character("agent_id", 128).null(),
    integer("call_type").or_default("-1"),
    integer("rejected").or_default("0"),
    integer("fstats").or_default("0"),
    integer("cid").null().or_default("0"),
    integer("media").or_default("0"),
});
constexpr auto kOlderCcCdrs = std::to_array<std::uint32_t>({1});

constexpr auto kCcCallsColumns = std::to_array<Column>({
    auto_id(),
    integer("state"),
    integer("media"),
    integer("ig_cback"),
    integer("no_rej"),
    integer("setup_time"),
    integer("eta"),
    integer("last_start"),
    integer("recv_time"),
    character("caller_dn", 128),
    character("caller_un", 128),
    character("b2buaid", 128).or_default(""),
    character("flow", 128),
    character("agent", 128),
    character("script_param", 128),
});
constexpr auto kCcCallsKeys = std::to_array<Key>({
    unique_key("b2buaid"),
    index_key("b2buaid"),
});
constexpr auto kOlderCcCalls = std::to_array<std::uint32_t>({2});

}  // namespace

constinit const TableSpec kCcFlowsTable = {.name = "cc_flows",
                                           .version = 2,
                                           .group = "call_center",
                                           .columns = kCcFlowsColumns,
                                           .keys = kCcFlowsKeys,
                                           .older_versions = kOlderCcFlows};
constinit const TableSpec kCcAgentsTable = {.name = "cc_agents",
                                            .version = 3,
                                            .group = "call_center",
                                            .columns = kCcAgentsColumns,
                                            .keys = kCcAgentsKeys,
                                            .older_versions = kOlderCcAgents};
constinit const TableSpec kCcCdrsTable = {.name = "cc_cdrs",
                                          .version = 2,
                                          .group = "call_center",
                                          .columns = kCcCdrsColumns,
                                          .keys = {},
                                          .older_versions = kOlderCcCdrs};
constinit const TableSpec kCcCallsTable = {.name = "cc_calls",
                                           .version = 3,
                                           .group = "call_center",
                                           .columns = kCcCallsColumns,
                                           .keys = kCcCallsKeys,
                                           .older_versions = kOlderCcCalls};

}  // namespace carillon::schema
