// SPDX-License-Identifier: Apache-2.0
// See tables.h.
#include "modules/domain/tables.h"

#include <array>

namespace carillon::domain {
namespace {

using namespace storage;

constexpr auto kColumns = std::to_array<Column>({
    auto_id(),
    character("domain", 64).or_default(""),
    character("attrs", 255).null(),
    integer("accept_subdomain").or_default("0"),
    date_time("last_modified").or_default("1900-01-01 00:00:01"),
});
constexpr auto kKeys = std::to_array<Key>({{KeyKind::Unique, "domain"}});

}  // namespace

constinit const TableSpec kDomainTable = {
    .name = "domain", .version = 4, .group = "domain", .columns = kColumns, .keys = kKeys};

}  // namespace carillon::domain
