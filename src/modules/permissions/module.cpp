// SPDX-License-Identifier: Apache-2.0
// permissions: the declaration page.
#include "modules/permissions/permissions.h"
#include "modules/permissions/tables.h"

namespace carillon::permissions {
namespace {

using namespace module;

constexpr script::RouteMask kMessageRoutes = kRequest | kFailure | kBranch | kLocal;
constexpr script::RouteMask kAllButReplies = kMessageRoutes | script::mask_of(script::RouteKind::Startup) |
                                             script::mask_of(script::RouteKind::Timer) |
                                             script::mask_of(script::RouteKind::Event);

template <auto Column>
constexpr ParameterDecl column(std::string_view name) {
  return column_parameter<&Permissions::columns, Column>(name);
}

constexpr auto kParameters = std::to_array({
    parameter<&Permissions::db_url>("db_url",
                                    "The database of the addresses; empty: that of the server, if it has "
                                    "the table."),
    parameter<&Permissions::address_table>("address_table", "Name of the table."),
    parameter<&Permissions::partition_texts>("partition",
                                             "A further table of addresses: \"name: db_url=...; table_name=...\"."),
    parameter<&Permissions::default_allow_file>("default_allow_file", "Of allow_routing() without files."),
    parameter<&Permissions::default_deny_file>("default_deny_file", "Of allow_routing() without files."),
    parameter<&Permissions::check_all_branches>("check_all_branches",
                                                "0: allow_routing() looks at the Request-URI only."),
    parameter<&Permissions::allow_suffix>("allow_suffix", "Behind the name of files, of the one that allows."),
    parameter<&Permissions::deny_suffix>("deny_suffix", "Behind the name of files, of the one that denies."),
    column<&AddressColumns::ip>("ip_col"),
    column<&AddressColumns::proto>("proto_col"),
    column<&AddressColumns::pattern>("pattern_col"),
    column<&AddressColumns::context_info>("info_col"),
    column<&AddressColumns::group>("grp_col"),
    column<&AddressColumns::mask>("mask_col"),
    column<&AddressColumns::port>("port_col"),
});

constexpr auto kFunctions = std::to_array({
    function<&Permissions::check_address>(
        "check_address", {"group_id", "ip", "port", "proto", "context_info", "pattern", "partition"}, kAllButReplies,
        "Whether the address is in the group (0: in any); port 0 and proto \"any\" fit all rows; a row's context_info "
        "goes into the variable."),
    function<&Permissions::check_source_address>("check_source_address",
                                                 {"group_id", "context_info", "pattern", "partition"}, kMessageRoutes,
                                                 "The same of the address the message came from."),
    function<&Permissions::get_source_group>("get_source_group", {"group", "partition"}, kMessageRoutes,
                                             "Puts the group of the message's source into the variable; false when "
                                             "it has none."),
    function<&Permissions::allow_routing>("allow_routing", {"basename"}, kRequest | kFailure | kLocal,
                                          "Whether the files let the user in From call the Request-URIs of all "
                                          "branches; without a name the default files."),
    function<&Permissions::allow_register>("allow_register", {"basename"}, kRequest | kFailure | kLocal,
                                           "Whether the files let the user in To register the Contacts."),
    function<&Permissions::allow_uri>("allow_uri", {"basename", "uri"}, kAllButReplies,
                                      "Whether the files let the user in From call the URI."),
});

constexpr auto kCommands = std::to_array({
    command<&Permissions::address_reload>(
        {.name = "permissions:address_reload",
         .aliases = "",
         .recipes = " | partition",
         .help = "Reads the addresses of one or all partitions again; when that fails they stay as they were.",
         .result = "OK"}),
    command<&Permissions::address_dump>({.name = "permissions:address_dump",
                                         .aliases = "",
                                         .recipes = " | partition",
                                         .help = "The hosts among the addresses.",
                                         .result = "Partitions[{name,Destinations[{grp,ip,mask,port,...}]}]"}),
    command<&Permissions::subnet_dump>({.name = "permissions:subnet_dump",
                                        .aliases = "",
                                        .recipes = " | partition",
                                        .help = "The networks among the addresses.",
                                        .result = "Partitions[{name,Destinations[{grp,ip,mask,port,...}]}]"}),
    command<&Permissions::allow_uri_command>({.name = "permissions:allow_uri",
                                              .aliases = "",
                                              .recipes = "basename,uri,contact",
                                              .help =
                                                  "Whether the default files, or files that the script names, let the "
                                                  "user with the URI register or call the contact; 403 when not.",
                                              .result = "OK"}),
});

constexpr auto kTables = std::to_array<const storage::TableSpec*>({&kAddressTable});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "permissions",
    .documentation = "Groups of addresses, and files that say who may call and register what.",
    .parameters = kParameters,
    .functions = kFunctions,
    .commands = kCommands,
    .tables = kTables,
    .create = &create<Permissions>,
};

}  // namespace carillon::permissions
