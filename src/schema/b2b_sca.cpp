// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group b2b_sca, for the module b2b_sca.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kB2bScaColumns = std::to_array<Column>({
    auto_id(),
    character("shared_line", 64),
    character("watchers", 255),
    integer("app1_shared_entity").null(),
    integer("app1_call_state").null(),
    character("app1_call_info_uri", 255).null(),
    character("app1_call_info_appearance_uri", 255).null(),
    character("app1_b2bl_key", 64).null(),
    integer("app2_shared_entity").null(),
    integer("app2_call_state").null(),
    character("app2_call_info_uri", 255).null(),
    character("app2_call_info_appearance_uri", 255).null(),
    character("app2_b2bl_key", 64).null(),
    integer("app3_shared_entity").null(),
    integer("app3_call_state").null(),
    character("app3_call_info_uri", 255).null(),
    character("app3_call_info_appearance_uri", 255).null(),
    character("app3_b2bl_key", 64).null(),
    integer("app4_shared_entity").null(),
    integer("app4_call_state").null(),
    character("app4_call_info_uri", 255).null(),
    character("app4_call_info_appearance_uri", 255).null(),
    character("app4_b2bl_key", 64).null(),
    integer("app5_shared_entity").null(),
    integer("app5_call_state").null(),
    character("app5_call_info_uri", 255).null(),
    character("app5_call_info_appearance_uri", 255).null(),
    character("app5_b2bl_key", 64).null(),
    integer("app6_shared_entity").null(),
    integer("app6_call_state").null(),
    character("app6_call_info_uri", 255).null(),
    character("app6_call_info_appearance_uri", 255).null(),
    character("app6_b2bl_key", 64).null(),
    integer("app7_shared_entity").null(),
    integer("app7_call_state").null(),
    character("app7_call_info_uri", 255).null(),
    character("app7_call_info_appearance_uri", 255).null(),
    character("app7_b2bl_key", 64).null(),
    integer("app8_shared_entity").null(),
    integer("app8_call_state").null(),
    character("app8_call_info_uri", 255).null(),
    character("app8_call_info_appearance_uri", 255).null(),
    character("app8_b2bl_key", 64).null(),
    integer("app9_shared_entity").null(),
    integer("app9_call_state").null(),
    character("app9_call_info_uri", 255).null(),
    character("app9_call_info_appearance_uri", 255).null(),
    character("app9_b2bl_key", 64).null(),
    integer("app10_shared_entity").null(),
    integer("app10_call_state").null(),
    character("app10_call_info_uri", 255).null(),
    character("app10_call_info_appearance_uri", 255).null(),
    character("app10_b2bl_key", 64).null(),
});
constexpr auto kB2bScaKeys = std::to_array<Key>({
    unique_key("shared_line"),
});

}  // namespace

constinit const TableSpec kB2bScaTable = {
    .name = "b2b_sca", .version = 1, .group = "b2b_sca", .columns = kB2bScaColumns, .keys = kB2bScaKeys};

}  // namespace carillon::schema
