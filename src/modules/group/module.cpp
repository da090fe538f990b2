// SPDX-License-Identifier: Apache-2.0
// group: the declaration page.
#include "modules/group/group.h"
#include "modules/group/tables.h"

namespace carillon::group {
namespace {

using namespace module;

constexpr script::RouteMask kRoutes = kRequest | kFailure | kBranch | kLocal;

constexpr auto kParameters = std::to_array({
    parameter<&Group::db_url>("db_url", "The database of the tables; empty: that of the server."),
    parameter<&Group::table>("table", "Name of the table of members."),
    parameter<&Group::user_column>("user_column", "Name of the column."),
    parameter<&Group::domain_column>("domain_column", "Name of the column."),
    parameter<&Group::group_column>("group_column", "Name of the column."),
    parameter<&Group::use_domain>("use_domain", "0: users are members whatever their domain."),
    parameter<&Group::re_table>("re_table", "Name of the table of regular expressions; empty: none."),
    parameter<&Group::re_exp_column>("re_exp_column", "Name of the column."),
    parameter<&Group::re_gid_column>("re_gid_column", "Name of the column."),
    parameter<&Group::multiple_gid>("multiple_gid", "0: db_get_user_group() stops at the first group."),
    parameter<&Group::set_aaa_url>("aaa_url", ParameterType::Text, "Refused, unless it is empty: not available."),
});

constexpr auto kFunctions = std::to_array({
    function<&Group::db_is_user_in>("db_is_user_in", {"uri", "group"}, kRoutes,
                                    "Whether the user of \"Request-URI\", \"To\", \"From\", \"Credentials\" (that were "
                                    "found right) or a URI is in the group; -6: no, -5: the database can't tell."),
    function<&Group::db_get_user_group>("db_get_user_group", {"uri", "output_avp"}, kRoutes,
                                        "Puts the ids of the groups whose expression matches sip:user@domain into "
                                        "the variable; how many there are, or false."),
});

constexpr auto kCommands = std::to_array({
    command<&Group::reload>({.name = "group:reload",
                             .aliases = "",
                             .recipes = "",
                             .help = "Reads the regular expressions again; when that fails they stay as they were.",
                             .result = "OK"}),
});

constexpr auto kTables = std::to_array<const storage::TableSpec*>({&kGrpTable, &kReGrpTable});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "group",
    .documentation = "Groups of users, in tables of the database.",
    .parameters = kParameters,
    .functions = kFunctions,
    .commands = kCommands,
    .tables = kTables,
    .create = &create<Group>,
};

}  // namespace carillon::group
