// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group b2b, for the modules b2b_entities and b2b_logic.
#include <array>
#include <cstdint>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kB2bEntitiesColumns = std::to_array<Column>({
    auto_id(),
    integer("type"),
    integer("state"),
    character("ruri", 255).null(),
    character("from_uri", 255),
    character("to_uri", 255),
    character("from_dname", 64).null(),
    character("to_dname", 64).null(),
    character("tag0", 64),
    character("tag1", 64).null(),
    character("callid", 128),
    integer("cseq0"),
    integer("cseq1").null(),
    character("contact0", 255),
    character("contact1", 255).null(),
    text("route0").null(),
    text("route1").null(),
    character("sockinfo_srv", 64).null(),
    character("param", 255),
    character("mod_name", 32),
    blob("storage", 4096).null(),
    integer("lm"),
    integer("lrc").null(),
    integer("lic").null(),
    integer("leg_cseq").null(),
    text("leg_route").null(),
    character("leg_tag", 64).null(),
    character("leg_contact", 255).null(),
    character("leg_sockinfo", 255).null(),
});
constexpr auto kB2bEntitiesKeys = std::to_array<Key>({
    unique_key("type,tag0,tag1,callid"),
    index_key("param"),
});
constexpr auto kOlderB2bEntities = std::to_array<std::uint32_t>({1});

constexpr auto kB2bLogicColumns = std::to_array<Column>({
    auto_id(),
    character("si_key", 64),
    character("scenario", 64).null(),
    integer("sstate"),
    integer("lifetime").or_default("0"),
    integer("e1_type"),
    character("e1_sid", 64).null(),
    character("e1_from", 255),
    character("e1_to", 255),
    character("e1_key", 64),
    text("e1_sdp").null(),
    integer("e2_type"),
    character("e2_sid", 64).null(),
    character("e2_from", 255),
    character("e2_to", 255),
    character("e2_key", 64),
    text("e2_sdp").null(),
    integer("e3_type").null(),
    character("e3_sid", 64).null(),
    character("e3_from", 255).null(),
    character("e3_to", 255).null(),
    character("e3_key", 64).null(),
});
constexpr auto kB2bLogicKeys = std::to_array<Key>({
    unique_key("si_key"),
});
constexpr auto kOlderB2bLogic = std::to_array<std::uint32_t>({3});

}  // namespace

constinit const TableSpec kB2bEntitiesTable = {.name = "b2b_entities",
                                               .version = 2,
                                               .group = "b2b",
                                               .columns = kB2bEntitiesColumns,
                                               .keys = kB2bEntitiesKeys,
                                               .older_versions = kOlderB2bEntities};
constinit const TableSpec kB2bLogicTable = {.name = "b2b_logic",
                                            .version = 5,
                                            .group = "b2b",
                                            .columns = kB2bLogicColumns,
                                            .keys = kB2bLogicKeys,
                                            .older_versions = kOlderB2bLogic};

}  // namespace carillon::schema
