// SPDX-License-Identifier: Apache-2.0
// The list of the tables here.
#include "schema/tables.h"

#include <array>

#include "storage/table_spec.h"

namespace carillon::schema {

std::span<const storage::TableSpec* const> tables() {
  static constexpr auto kTables = std::to_array<const storage::TableSpec*>({
      &kJwtProfilesTable,
      &kJwtSecretsTable,
      &kB2bEntitiesTable,
      &kB2bLogicTable,
      &kB2bScaTable,
      &kCachedbTable,
      &kCcFlowsTable,
      &kCcAgentsTable,
      &kCcCdrsTable,
      &kCcCallsTable,
      &kCarrierrouteTable,
      &kCarrierfailurerouteTable,
      &kRouteTreeTable,
      &kCloseddialTable,
      &kClustererTable,
      &kClustererBridgeTable,
      &kConfigTable,
      &kCplTable,
      &kDialplanTable,
      &kDispatcherTable,
      &kDomainpolicyTable,
      &kDrGatewaysTable,
      &kDrRulesTable,
      &kDrCarriersTable,
      &kDrGroupsTable,
      &kDrPartitionsTable,
      &kEmergencyRoutingTable,
      &kEmergencyReportTable,
      &kEmergencyServiceProviderTable,
      &kFraudDetectionTable,
      &kFreeswitchTable,
      &kImcRoomsTable,
      &kImcMembersTable,
      &kJanusTable,
      &kLoadBalancerTable,
      &kSiloTable,
      &kPresentityTable,
      &kActiveWatchersTable,
      &kWatchersTable,
      &kXcapTable,
      &kPuaTable,
      &kQrProfilesTable,
      &kRcClientsTable,
      &kRcVendorsTable,
      &kRcRatesheetsTable,
      &kRcDemoRatesheetTable,
      &kRegistrantTable,
      &kRlsPresentityTable,
      &kRlsWatchersTable,
      &kRtpengineTable,
      &kRtpproxySocketsTable,
      &kSmppTable,
      &kSocketsTable,
      &kTcpMgmTable,
      &kTlsMgmTable,
      &kSipTraceTable,
      &kTrieTableTable,
      &kTriePartitionsTable,
  });
  return kTables;
}

}  // namespace carillon::schema
