// SPDX-License-Identifier: Apache-2.0
// alias_db: the declaration page.
#include "modules/alias_db/alias_db.h"
#include "modules/alias_db/tables.h"

namespace carillon::alias_db {
namespace {

using namespace module;

constexpr auto kParameters = std::to_array({
    parameter<&AliasDb::db_url>("db_url", "The database of the tables; empty: that of the server."),
    parameter<&AliasDb::user_column>("user_column", "Name of the column."),
    parameter<&AliasDb::domain_column>("domain_column", "Name of the column."),
    parameter<&AliasDb::alias_user_column>("alias_user_column", "Name of the column."),
    parameter<&AliasDb::alias_domain_column>("alias_domain_column", "Name of the column."),
    parameter<&AliasDb::domain_prefix>("domain_prefix", "Taken from the front of a domain before it is looked up."),
    parameter<&AliasDb::append_branches>("append_branches", "1: further rows of an alias become branches."),
});

constexpr auto kFunctions = std::to_array({
    function<&AliasDb::alias_db_lookup>("alias_db_lookup", {"table_name", "flags"}, kRequest | kFailure,
                                        "Replaces a Request-URI that is an alias; flags d: whatever its domain, r: "
                                        "from the user to the alias."),
    function<&AliasDb::alias_db_find>(
        "alias_db_find", {"table_name", "input_uri", "output_var", "flags"},
        kRequest | kFailure | kReply | kBranch | kLocal | script::mask_of(script::RouteKind::Startup),
        "The same for any URI; what it stands for goes into the variable."),
});

constexpr auto kTables = std::to_array<const storage::TableSpec*>({&kDbaliasesTable});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "alias_db",
    .documentation = "Aliases of users, in a table of the database.",
    .parameters = kParameters,
    .functions = kFunctions,
    .tables = kTables,
    .create = &create<AliasDb>,
};

}  // namespace carillon::alias_db
