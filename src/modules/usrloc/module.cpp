// SPDX-License-Identifier: Apache-2.0
// usrloc: the declaration page.
#include "modules/usrloc/usrloc.h"

namespace carillon::usrloc {
namespace {

using namespace module;

template <auto Column>
constexpr ParameterDecl column(std::string_view name) {
  return column_parameter<&Usrloc::columns, Column>(name);
}

constexpr ParameterDecl absent(std::string_view name) {
  return parameter<&Usrloc::set_absent>(name, ParameterType::Either, "Refused, unless it says none: not available.");
}

constexpr auto kParameters = std::to_array({
    parameter<&Usrloc::working_mode_preset>(
        "working_mode_preset",
        "single-instance-no-db, single-instance-sql-write-back, single-instance-sql-write-through, sql-only or "
        "full-sharing-cachedb-cluster."),
    parameter<&Usrloc::cluster_mode>("cluster_mode", "none, sql-only or full-sharing-cachedb."),
    parameter<&Usrloc::cachedb_url>("cachedb_url", "Where servers share their tables: redis:group://host:port/."),
    parameter<&Usrloc::pinging_mode>(
        "pinging_mode", "ownership or cooperation: of servers that share a table one pings all contacts at a time."),
    parameter<&Usrloc::restart_persistency>("restart_persistency", "none or load-from-sql."),
    parameter<&Usrloc::sql_write_mode>("sql_write_mode", "none, write-back or write-through."),
    parameter<&Usrloc::db_mode>("db_mode",
                                "As in OpenSIPS 2.x, instead of the preset: 0 no database, 1 write-through, 2 "
                                "write-back, 3 sql-only, 4 loaded at start and never written."),
    parameter<&Usrloc::max_bindings>("max_bindings",
                                     "Contacts of all tables together; more are refused with 503. 0: any number."),
    parameter<&Usrloc::db_url>("db_url", "The database of the tables; empty: that of the server."),
    parameter<&Usrloc::timer_interval>("timer_interval", "Seconds after which changes are written at the latest."),
    parameter<&Usrloc::use_domain_>("use_domain", "AoRs are user@domain; 0: users."),
    parameter<&Usrloc::desc_time_order>("desc_time_order", "Newest contacts first, whatever their q."),
    parameter<&Usrloc::matching_mode>("matching_mode",
                                      "A registration means the contact with its URI (0), or URI and Call-ID (1)."),
    parameter<&Usrloc::cseq_delay_>("cseq_delay", "Seconds in which a CSeq seen already is a retransmission."),
    parameter<&Usrloc::nat_bflag>("nat_bflag", "The branch flag that says a contact is behind a NAT."),
    parameter<&Usrloc::mi_dump_kv_store>("mi_dump_kv_store", "ul_dump and ul_show_contact show the keys of AoRs."),
    parameter<&Usrloc::hash_size>("hash_size", "Accepted; tables grow as they need."),
    parameter<&Usrloc::max_contact_delete>("max_contact_delete", "Accepted; rows are removed in batches."),
    parameter<&Usrloc::skip_replicated_db_ops>("skip_replicated_db_ops", "Accepted; nothing is replicated."),
    parameter<&Usrloc::regen_broken_contactid>("regen_broken_contactid", "Accepted; any number will do."),
    parameter<&Usrloc::latency_event_min_us>("latency_event_min_us",
                                             "Microseconds: what answers faster raises no E_UL_LATENCY_UPDATE."),
    parameter<&Usrloc::latency_event_min_us_delta>(
        "latency_event_min_us_delta", "Microseconds that a latency must change by to raise E_UL_LATENCY_UPDATE."),
    parameter<&Usrloc::contact_refresh_timer>(
        "contact_refresh_timer",
        "E_UL_CONTACT_REFRESH is raised registrar's pn_trigger_interval before a contact that push wakes ends."),
    absent("location_cluster"),
    absent("ha_cluster"),
    absent("ha_shtag"),
    column<&Columns::contact_id>("contact_id_column"),
    column<&Columns::username>("user_column"),
    column<&Columns::domain>("domain_column"),
    column<&Columns::contact>("contact_column"),
    column<&Columns::received>("received_column"),
    column<&Columns::path>("path_column"),
    column<&Columns::expires>("expires_column"),
    column<&Columns::q>("q_column"),
    column<&Columns::callid>("callid_column"),
    column<&Columns::cseq>("cseq_column"),
    column<&Columns::last_modified>("last_modified_column"),
    column<&Columns::flags>("flags_column"),
    column<&Columns::cflags>("cflags_column"),
    column<&Columns::user_agent>("user_agent_column"),
    column<&Columns::socket>("socket_column"),
    column<&Columns::methods>("methods_column"),
    column<&Columns::sip_instance>("sip_instance_column"),
    column<&Columns::kv_store>("kv_store_column"),
    column<&Columns::attr>("attr_column"),
});

constexpr auto kFunctions = std::to_array({
    function<&Usrloc::ul_add_key>("ul_add_key", {"domain", "aor", "key", "value"}, kAnyRoute,
                                  "Attaches a value to an AoR that has a contact."),
    function<&Usrloc::ul_get_key>("ul_get_key", {"domain", "aor", "key", "destination"}, kAnyRoute,
                                  "Reads a value attached to an AoR; false when there is none."),
    function<&Usrloc::ul_del_key>("ul_del_key", {"domain", "aor", "key"}, kAnyRoute,
                                  "Removes a value attached to an AoR; false when there is none."),
});

constexpr auto kCommands = std::to_array({
    command<&Usrloc::dump>(
        {.name = "usrloc:dump",
         .aliases = "ul_dump",
         .recipes = " | brief",
         .help = "All AoRs with their contacts; brief: only AoRs.",
         .result = "Domains[{name,hash_size,AORs[{AOR,Contacts[{Contact,ContactID,Expires,...}]}]}]"}),
    command<&Usrloc::show_contact>({.name = "usrloc:show_contact",
                                    .aliases = "ul_show_contact",
                                    .recipes = "table_name,aor",
                                    .help = "The contacts of one AoR.",
                                    .result = "AOR, Contacts[{Contact,ContactID,Expires,...}]"}),
    command<&Usrloc::rm>({.name = "usrloc:rm",
                          .aliases = "ul_rm",
                          .recipes = "table_name,aor",
                          .help = "Removes an AoR with its contacts, if it is there.",
                          .result = "OK"}),
    command<&Usrloc::rm_contact>({.name = "usrloc:rm_contact",
                                  .aliases = "ul_rm_contact",
                                  .recipes = "table_name,aor,contact",
                                  .help = "Removes one contact of an AoR.",
                                  .result = "OK"}),
    command<&Usrloc::flush>({.name = "usrloc:flush",
                             .aliases = "ul_flush",
                             .recipes = "",
                             .help = "Writes what has changed to the database now.",
                             .result = "OK"}),
    command<&Usrloc::sync>(
        {.name = "usrloc:sync",
         .aliases = "ul_sync",
         .recipes = "table_name | table_name,aor",
         .help = "Makes the database what is in memory: all contacts are written, and rows without one removed.",
         .result = "OK"}),
    command<&Usrloc::cluster_sync>({.name = "usrloc:cluster_sync",
                                    .aliases = "ul_cluster_sync",
                                    .recipes = "",
                                    .help = "Compares shared tables with what the other servers know, both ways.",
                                    .result = "OK"}),
    command<&Usrloc::add>({.name = "usrloc:add",
                           .aliases = "ul_add",
                           .recipes = "table_name,aor,contact,expires,q,flags,cflags,methods",
                           .help =
                               "Adds or replaces a contact; expires 0: for good; cflags: bits or names; methods 0 or "
                               "-1: all.",
                           .result = "OK"}),
});

constexpr auto kStatistics = std::to_array({
    statistic<&Usrloc::registered_users>("registered_users", "AoRs with a contact, of all tables."),
    statistic<&Usrloc::refused_bindings>("refused_bindings", "Registrations refused because of max_bindings."),
});

constexpr std::string_view kContactParameters =
    "domain,aor,uri,received,path,qval,user_agent,socket,bflags,expires,callid,cseq,attr,latency,shtag";

constexpr auto kEvents = std::to_array<EventDecl>({
    {"E_UL_AOR_INSERT", "domain,aor", "An AoR has its first contact."},
    {"E_UL_AOR_DELETE", "domain,aor", "An AoR has no contact any more."},
    {"E_UL_CONTACT_INSERT", kContactParameters, "A contact is new."},
    {"E_UL_CONTACT_UPDATE", kContactParameters, "A contact was refreshed or changed."},
    {"E_UL_CONTACT_DELETE", kContactParameters, "A contact was removed, or has expired."},
    {"E_UL_LATENCY_UPDATE", kContactParameters, "A ping of a contact was answered; latency in microseconds."},
    {"E_UL_CONTACT_REFRESH",
     "domain,aor,uri,received,user_agent,socket,bflags,expires,callid,attr,shtag,reason,req_callid",
     "A phone has to be woken by a push notification (RFC 8599)."},
});

constexpr auto kTables = std::to_array<const storage::TableSpec*>({&kLocationTable});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "usrloc",
    .documentation = "The location tables: where users are registered.",
    .parameters = kParameters,
    .functions = kFunctions,
    .commands = kCommands,
    .statistics = kStatistics,
    .events = kEvents,
    .tables = kTables,
    .create = &create<Usrloc>,
};

}  // namespace carillon::usrloc
