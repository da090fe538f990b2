// SPDX-License-Identifier: Apache-2.0
// See tables.h.
#include "modules/auth_db/tables.h"

#include <array>
#include <cstdint>

namespace carillon::auth_db {
namespace {

using namespace storage;

constexpr auto kSubscriberColumns = std::to_array<Column>({
    auto_id(),
    character("username", 64).or_default(""),
    character("domain", 64).or_default(""),
    character("password", 25).or_default(""),
    character("ha1", 64).or_default(""),
    character("ha1_sha256", 64).or_default(""),
    character("ha1_sha512t256", 64).or_default(""),
});
constexpr auto kSubscriberKeys = std::to_array<Key>({
    unique_key("username,domain"),
    index_key("username"),
});
constexpr auto kOlderSubscriber = std::to_array<std::uint32_t>({7});

constexpr auto kUriColumns = std::to_array<Column>({
    auto_id(),
    character("username", 64).or_default(""),
    character("domain", 64).or_default(""),
    character("uri_user", 64).or_default(""),
    date_time("last_modified").or_default("1900-01-01 00:00:01"),
});
constexpr auto kUriKeys = std::to_array<Key>({
    unique_key("username,domain,uri_user"),
});

}  // namespace

constinit const TableSpec kSubscriberTable = {.name = "subscriber",
                                              .version = 8,
                                              .group = "auth_db",
                                              .columns = kSubscriberColumns,
                                              .keys = kSubscriberKeys,
                                              .older_versions = kOlderSubscriber};
constinit const TableSpec kUriTable = {
    .name = "uri", .version = 2, .group = "auth_db", .columns = kUriColumns, .keys = kUriKeys};

}  // namespace carillon::auth_db
