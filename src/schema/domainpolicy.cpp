// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group domainpolicy, for the module domainpolicy.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kDomainpolicyColumns = std::to_array<Column>({
    auto_id(),
    character("rule", 255),
    character("type", 255),
    character("att", 255).null(),
    character("val", 128).null(),
    character("description", 255),
});
constexpr auto kDomainpolicyKeys = std::to_array<Key>({
    unique_key("rule,att,val"),
    index_key("rule"),
});

}  // namespace

constinit const TableSpec kDomainpolicyTable = {.name = "domainpolicy",
                                                .version = 3,
                                                .group = "domainpolicy",
                                                .columns = kDomainpolicyColumns,
                                                .keys = kDomainpolicyKeys};

}  // namespace carillon::schema
