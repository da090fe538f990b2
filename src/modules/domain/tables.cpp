// SPDX-License-Identifier: Apache-2.0
// See tables.h.
#include "modules/domain/tables.h"

#include <array>
#include <cstdint>

namespace carillon::domain {
namespace {

using namespace storage;

constexpr auto kDomainColumns = std::to_array<Column>({
    auto_id(),
    character("domain", 64).or_default(""),
    character("attrs", 255).null(),
    integer("accept_subdomain").or_default("0"),
    date_time("last_modified").or_default("1900-01-01 00:00:01"),
});
constexpr auto kDomainKeys = std::to_array<Key>({
    unique_key("domain"),
});
constexpr auto kOlderDomain = std::to_array<std::uint32_t>({3});

}  // namespace

constinit const TableSpec kDomainTable = {.name = "domain",
                                          .version = 4,
                                          .group = "domain",
                                          .columns = kDomainColumns,
                                          .keys = kDomainKeys,
                                          .older_versions = kOlderDomain};

}  // namespace carillon::domain
