// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group rls, for the module rls.
#include <array>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kRlsPresentityColumns = std::to_array<Column>({
    auto_id(),
    character("rlsubs_did", 255),
    character("resource_uri", 255),
    character("content_type", 255),
    blob("presence_state"),
    integer("expires"),
    integer("updated"),
    integer("auth_state"),
    character("reason", 64),
});
constexpr auto kRlsPresentityKeys = std::to_array<Key>({
    unique_key("rlsubs_did,resource_uri"),
    index_key("updated"),
});

constexpr auto kRlsWatchersColumns = std::to_array<Column>({
    auto_id(),
    character("presentity_uri", 255),
    character("to_user", 64),
    character("to_domain", 64),
    character("watcher_username", 64),
    character("watcher_domain", 64),
    character("event", 64).or_default("presence"),
    character("event_id", 64).null(),
    character("to_tag", 64),
    character("from_tag", 64),
    character("callid", 64),
    integer("local_cseq"),
    integer("remote_cseq"),
    character("contact", 64),
    text("record_route").null(),
    integer("expires"),
    integer("status").or_default("2"),
    character("reason", 64),
    integer("version").or_default("0"),
    character("socket_info", 64),
    character("local_contact", 255),
});
constexpr auto kRlsWatchersKeys = std::to_array<Key>({
    unique_key("presentity_uri,callid,to_tag,from_tag"),
});

}  // namespace

constinit const TableSpec kRlsPresentityTable = {.name = "rls_presentity",
                                                 .version = 1,
                                                 .group = "rls",
                                                 .columns = kRlsPresentityColumns,
                                                 .keys = kRlsPresentityKeys};
constinit const TableSpec kRlsWatchersTable = {
    .name = "rls_watchers", .version = 2, .group = "rls", .columns = kRlsWatchersColumns, .keys = kRlsWatchersKeys};

}  // namespace carillon::schema
