// SPDX-License-Identifier: Apache-2.0
// domain: the declaration page.
#include "modules/domain/domain.h"
#include "modules/domain/tables.h"

namespace carillon::domain {
namespace {

using namespace module;

constexpr script::RouteMask kRoutes = kRequest | kFailure | kBranch | kLocal;

constexpr auto kParameters = std::to_array({
    parameter<&Domain::db_url>("db_url", "The database of the table; empty: that of the server."),
    parameter<&Domain::db_mode>("db_mode",
                                "0: a query for each question; 1: the table is kept in memory, and its "
                                "domains are ours wherever that matters."),
    parameter<&Domain::domain_table>("domain_table", "Name of the table."),
    parameter<&Domain::domain_column>("domain_col", "Name of the column."),
    parameter<&Domain::attrs_column>("attrs_col", "Name of the column."),
    parameter<&Domain::accept_subdomain_column>("accept_subdomain_col", "Name of the column."),
    parameter<&Domain::accept_subdomain_column>("subdomain_col", "The same, as the manual of OpenSIPS spells it."),
});

constexpr auto kFunctions = std::to_array({
    function<&Domain::is_from_local>("is_from_local", {"attrs_var"}, kRoutes,
                                     "Whether the host in From is a domain of ours; its attrs go into the variable."),
    function<&Domain::is_uri_host_local>("is_uri_host_local", {"attrs_var"}, kRoutes,
                                         "The same of the host in the Request-URI, or the URI of the branch."),
    function<&Domain::is_domain_local>("is_domain_local", {"domain", "attrs_var"}, kRoutes,
                                       "The same of a host that is given."),
});

constexpr auto kCommands = std::to_array({
    command<&Domain::reload>({.name = "domain:reload",
                              .aliases = "domain_reload",
                              .recipes = "",
                              .help = "Reads the table again; when that fails the domains stay as they were.",
                              .result = "OK"}),
    command<&Domain::dump>({.name = "domain:dump",
                            .aliases = "domain_dump",
                            .recipes = "",
                            .help = "The domains in memory.",
                            .result = "Domains[{name,attributes,accept_subdomain}]"}),
});

constexpr auto kTables = std::to_array<const storage::TableSpec*>({&kDomainTable});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "domain",
    .documentation = "Which domains are ours, by a table of the database.",
    .parameters = kParameters,
    .functions = kFunctions,
    .commands = kCommands,
    .tables = kTables,
    .create = &create<Domain>,
};

}  // namespace carillon::domain
