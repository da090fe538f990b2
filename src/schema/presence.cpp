// SPDX-License-Identifier: Apache-2.0
// The tables of the creation group presence, for the modules presence, xcap and pua.
#include <array>
#include <cstdint>

#include "schema/tables.h"
#include "storage/table_spec.h"

namespace carillon::schema {
namespace {

using namespace storage;

constexpr auto kPresentityColumns = std::to_array<Column>({
    auto_id(),
    character("username", 64),
    character("domain", 64),
    character("event", 64),
    character("etag", 64),
    integer("expires"),
    integer("received_time"),
    blob("body").null(),
    blob("extra_hdrs").null(),
    character("sender", 255).null(),
});
constexpr auto kPresentityKeys = std::to_array<Key>({
    unique_key("username,domain,event,etag"),
});

constexpr auto kActiveWatchersColumns = std::to_array<Column>({
    auto_id(),
    character("presentity_uri", 255),
    character("watcher_username", 64),
    character("watcher_domain", 64),
    character("to_user", 64),
    character("to_domain", 64),
    character("event", 64).or_default("presence"),
    character("event_id", 64).null(),
    character("to_tag", 64),
    character("from_tag", 64),
    character("callid", 64),
    integer("local_cseq"),
    integer("remote_cseq"),
    character("contact", 255),
    text("record_route").null(),
    integer("expires"),
    integer("status").or_default("2"),
    character("reason", 64).null(),
    integer("version").or_default("0"),
    character("socket_info", 64),
    character("local_contact", 255),
    character("sharing_tag", 32).null(),
});
constexpr auto kActiveWatchersKeys = std::to_array<Key>({
    unique_key("presentity_uri,callid,to_tag,from_tag"),
});

constexpr auto kWatchersColumns = std::to_array<Column>({
    auto_id(),
    character("presentity_uri", 255),
    character("watcher_username", 64),
    character("watcher_domain", 64),
    character("event", 64).or_default("presence"),
    integer("status"),
    character("reason", 64).null(),
    integer("inserted_time"),
});
constexpr auto kWatchersKeys = std::to_array<Key>({
    unique_key("presentity_uri,watcher_username,watcher_domain,event"),
});

constexpr auto kXcapColumns = std::to_array<Column>({
    auto_id(),
    character("username", 64),
    character("domain", 64),
    blob("doc"),
    integer("doc_type"),
    character("etag", 64),
    integer("source"),
    character("doc_uri", 255),
    integer("port"),
});
constexpr auto kXcapKeys = std::to_array<Key>({
    unique_key("username,domain,doc_type,doc_uri"),
    index_key("source"),
});

constexpr auto kPuaColumns = std::to_array<Column>({
    auto_id(),
    character("pres_uri", 255),
    character("pres_id", 255),
    integer("event"),
    integer("expires"),
    integer("desired_expires"),
    integer("flag"),
    character("etag", 64).null(),
    character("tuple_id", 64).null(),
    character("watcher_uri", 255).null(),
    character("to_uri", 255).null(),
    character("call_id", 64).null(),
    character("to_tag", 64).null(),
    character("from_tag", 64).null(),
    integer("cseq").null(),
    text("record_route").null(),
    character("contact", 255).null(),
    character("remote_contact", 255).null(),
    integer("version").null(),
    text("extra_headers").null(),
    character("sharing_tag", 32).null(),
});
constexpr auto kPuaKeys = std::to_array<Key>({
    index_key("pres_uri,event"),
    index_key("expires"),
    index_key("pres_uri,pres_id,flag,event"),
});
constexpr auto kOlderPua = std::to_array<std::uint32_t>({8});

}  // namespace

constinit const TableSpec kPresentityTable = {
    .name = "presentity", .version = 5, .group = "presence", .columns = kPresentityColumns, .keys = kPresentityKeys};
constinit const TableSpec kActiveWatchersTable = {.name = "active_watchers",
                                                  .version = 12,
                                                  .group = "presence",
                                                  .columns = kActiveWatchersColumns,
                                                  .keys = kActiveWatchersKeys};
constinit const TableSpec kWatchersTable = {
    .name = "watchers", .version = 4, .group = "presence", .columns = kWatchersColumns, .keys = kWatchersKeys};
constinit const TableSpec kXcapTable = {
    .name = "xcap", .version = 4, .group = "presence", .columns = kXcapColumns, .keys = kXcapKeys};
constinit const TableSpec kPuaTable = {.name = "pua",
                                       .version = 9,
                                       .group = "presence",
                                       .columns = kPuaColumns,
                                       .keys = kPuaKeys,
                                       .older_versions = kOlderPua};

}  // namespace carillon::schema
