// SPDX-License-Identifier: Apache-2.0
// The tables of OpenSIPS 4.1, by creation group (the file that defines them), until the module that owns one takes it
// over: it then moves into the module's folder, as usrloc's `location` is, and leaves this list.
#pragma once

#include <span>

namespace carillon::storage {
struct TableSpec;
}

namespace carillon::schema {

// authjwt.cpp
extern const storage::TableSpec kJwtProfilesTable;
extern const storage::TableSpec kJwtSecretsTable;
// b2b.cpp
extern const storage::TableSpec kB2bEntitiesTable;
extern const storage::TableSpec kB2bLogicTable;
// b2b_sca.cpp
extern const storage::TableSpec kB2bScaTable;
// cachedb_sql.cpp
extern const storage::TableSpec kCachedbTable;
// call_center.cpp
extern const storage::TableSpec kCcFlowsTable;
extern const storage::TableSpec kCcAgentsTable;
extern const storage::TableSpec kCcCdrsTable;
extern const storage::TableSpec kCcCallsTable;
// carrierroute.cpp
extern const storage::TableSpec kCarrierrouteTable;
extern const storage::TableSpec kCarrierfailurerouteTable;
extern const storage::TableSpec kRouteTreeTable;
// closeddial.cpp
extern const storage::TableSpec kCloseddialTable;
// clusterer.cpp
extern const storage::TableSpec kClustererTable;
extern const storage::TableSpec kClustererBridgeTable;
// config.cpp
extern const storage::TableSpec kConfigTable;
// cpl.cpp
extern const storage::TableSpec kCplTable;
// dialplan.cpp
extern const storage::TableSpec kDialplanTable;
// dispatcher.cpp
extern const storage::TableSpec kDispatcherTable;
// domainpolicy.cpp
extern const storage::TableSpec kDomainpolicyTable;
// drouting.cpp
extern const storage::TableSpec kDrGatewaysTable;
extern const storage::TableSpec kDrRulesTable;
extern const storage::TableSpec kDrCarriersTable;
extern const storage::TableSpec kDrGroupsTable;
extern const storage::TableSpec kDrPartitionsTable;
// emergency.cpp
extern const storage::TableSpec kEmergencyRoutingTable;
extern const storage::TableSpec kEmergencyReportTable;
extern const storage::TableSpec kEmergencyServiceProviderTable;
// fraud_detection.cpp
extern const storage::TableSpec kFraudDetectionTable;
// freeswitch_scripting.cpp
extern const storage::TableSpec kFreeswitchTable;
// imc.cpp
extern const storage::TableSpec kImcRoomsTable;
extern const storage::TableSpec kImcMembersTable;
// janus.cpp
extern const storage::TableSpec kJanusTable;
// load_balancer.cpp
extern const storage::TableSpec kLoadBalancerTable;
// msilo.cpp
extern const storage::TableSpec kSiloTable;
// presence.cpp
extern const storage::TableSpec kPresentityTable;
extern const storage::TableSpec kActiveWatchersTable;
extern const storage::TableSpec kWatchersTable;
extern const storage::TableSpec kXcapTable;
extern const storage::TableSpec kPuaTable;
// qrouting.cpp
extern const storage::TableSpec kQrProfilesTable;
// ratecacher.cpp
extern const storage::TableSpec kRcClientsTable;
extern const storage::TableSpec kRcVendorsTable;
extern const storage::TableSpec kRcRatesheetsTable;
extern const storage::TableSpec kRcDemoRatesheetTable;
// registrant.cpp
extern const storage::TableSpec kRegistrantTable;
// rls.cpp
extern const storage::TableSpec kRlsPresentityTable;
extern const storage::TableSpec kRlsWatchersTable;
// rtpengine.cpp
extern const storage::TableSpec kRtpengineTable;
// rtpproxy.cpp
extern const storage::TableSpec kRtpproxySocketsTable;
// smpp.cpp
extern const storage::TableSpec kSmppTable;
// sockets_mgm.cpp
extern const storage::TableSpec kSocketsTable;
// tcp_mgm.cpp
extern const storage::TableSpec kTcpMgmTable;
// tls_mgm.cpp
extern const storage::TableSpec kTlsMgmTable;
// tracer.cpp
extern const storage::TableSpec kSipTraceTable;
// trie.cpp
extern const storage::TableSpec kTrieTableTable;
extern const storage::TableSpec kTriePartitionsTable;

// All of the above.
[[nodiscard]] std::span<const storage::TableSpec* const> tables();

}  // namespace carillon::schema
