// SPDX-License-Identifier: Apache-2.0
// speeddial: the declaration page.
#include "modules/speeddial/speeddial.h"
#include "modules/speeddial/tables.h"

namespace carillon::speeddial {
namespace {

using namespace module;

constexpr auto kParameters = std::to_array({
    parameter<&Speeddial::db_url>("db_url", "The database of the tables; empty: that of the server."),
    parameter<&Speeddial::user_column>("user_column", "Name of the column."),
    parameter<&Speeddial::domain_column>("domain_column", "Name of the column."),
    parameter<&Speeddial::sd_user_column>("sd_user_column", "Name of the column."),
    parameter<&Speeddial::sd_domain_column>("sd_domain_column", "Name of the column."),
    parameter<&Speeddial::new_uri_column>("new_uri_column", "Name of the column."),
    parameter<&Speeddial::use_domain>("use_domain",
                                      "0: users only; 1: with the owner's domain; 2: with that of the number too."),
    parameter<&Speeddial::domain_prefix>("domain_prefix", "Taken from the front of a domain before it is looked up."),
});

constexpr auto kFunctions = std::to_array({
    function<&Speeddial::sd_lookup>("sd_lookup", {"table", "owner"}, kRequest,
                                    "Replaces a Request-URI whose user is a short number of the owner (a URI; without "
                                    "it From) by the URI it stands for."),
});

constexpr auto kTables = std::to_array<const storage::TableSpec*>({&kSpeedDialTable});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "speeddial",
    .documentation = "Short numbers of users, in a table of the database.",
    .parameters = kParameters,
    .functions = kFunctions,
    .tables = kTables,
    .create = &create<Speeddial>,
};

}  // namespace carillon::speeddial
