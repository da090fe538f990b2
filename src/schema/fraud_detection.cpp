// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group fraud_detection, for the module fraud_detection.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kFraudDetectionColumns = std::to_array<Column>({
    auto_id("ruleid"),
    integer("profileid"),
    character("prefix", 64),
    character("start_hour", 5).or_default("00:00"),
    character("end_hour", 5).or_default("23:59"),
    character("daysoftheweek", 64).or_default("Mon-Sun"),
    integer("cpm_warning").or_default("0"),
    integer("cpm_critical").or_default("0"),
    integer("call_duration_warning").or_default("0"),
    integer("call_duration_critical").or_default("0"),
    integer("total_calls_warning").or_default("0"),
    integer("total_calls_critical").or_default("0"),
    integer("concurrent_calls_warning").or_default("0"),
    integer("concurrent_calls_critical").or_default("0"),
    integer("sequential_calls_warning").or_default("0"),
    integer("sequential_calls_critical").or_default("0"),
});

}  // namespace

constinit const TableSpec kFraudDetectionTable = {
    .name = "fraud_detection", .version = 1, .group = "fraud_detection", .columns = kFraudDetectionColumns, .keys = {}};

}  // namespace carillon::schema
