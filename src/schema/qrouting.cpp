// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group qrouting, for the module qrouting.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kQrProfilesColumns = std::to_array<Column>({
    auto_id(),
    character("profile_name", 64),
    real("warn_threshold_asr").or_default("-1"),
    real("warn_threshold_ccr").or_default("-1"),
    real("warn_threshold_pdd").or_default("-1"),
    real("warn_threshold_ast").or_default("-1"),
    real("warn_threshold_acd").or_default("-1"),
    real("crit_threshold_asr").or_default("-1"),
    real("crit_threshold_ccr").or_default("-1"),
    real("crit_threshold_pdd").or_default("-1"),
    real("crit_threshold_ast").or_default("-1"),
    real("crit_threshold_acd").or_default("-1"),
    real("warn_penalty_asr").or_default("0.5"),
    real("warn_penalty_ccr").or_default("0.5"),
    real("warn_penalty_pdd").or_default("0.5"),
    real("warn_penalty_ast").or_default("0.5"),
    real("warn_penalty_acd").or_default("0.5"),
    real("crit_penalty_asr").or_default("0.05"),
    real("crit_penalty_ccr").or_default("0.05"),
    real("crit_penalty_pdd").or_default("0.05"),
    real("crit_penalty_ast").or_default("0.05"),
    real("crit_penalty_acd").or_default("0.05"),
});

}  // namespace

constinit const TableSpec kQrProfilesTable = {
    .name = "qr_profiles", .version = 1, .group = "qrouting", .columns = kQrProfilesColumns, .keys = {}};

}  // namespace carillon::schema
