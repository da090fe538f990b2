// SPDX-License-Identifier: Apache-2.0
// sqlops: the declaration page.
#include "modules/sqlops/sqlops.h"
#include "modules/sqlops/tables.h"

namespace carillon::sqlops {
namespace {

using namespace module;

template <auto Column>
constexpr ParameterDecl column(std::string_view name) {
  return column_parameter<&Sqlops::columns, Column>(name);
}

constexpr auto kParameters = std::to_array({
    parameter<&Sqlops::add_db_url>("db_url", ParameterType::Text,
                                   "A database, \"number url\"; without a number 0. None: that of the server."),
    parameter<&Sqlops::usr_table>("usr_table", "The table of preferences."),
    parameter<&Sqlops::use_domain>("use_domain", "0: preferences are a user's whatever the domain."),
    parameter<&Sqlops::add_scheme>("db_scheme", ParameterType::Text,
                                   "A table for sql_avp_load(): \"name:table=..;uuid_col=..;value_col=..\"."),
    parameter<&Sqlops::ps_id_max_buf_len>("ps_id_max_buf_len", "Accepted; statements are kept as drivers like it."),
    parameter<&Sqlops::bigint_to_str>("bigint_to_str", "1: integers beyond 32 bits are texts."),
    column<&PreferenceColumns::uuid>("uuid_column"),
    column<&PreferenceColumns::username>("username_column"),
    column<&PreferenceColumns::domain>("domain_column"),
    column<&PreferenceColumns::attribute>("attribute_column"),
    column<&PreferenceColumns::value>("value_column"),
    column<&PreferenceColumns::type>("type_column"),
});

constexpr auto kFunctions = std::to_array({
    stoppable(
        function<&Sqlops::sql_query>("sql_query", {"query", "res_col_avps", "db_id"}, kAnyRoute,
                                     "Runs a statement; all rows go into AVPs, NULL as \"<null>\". -2: no row. What "
                                     "it is made of has to be escaped.")),
    stoppable(function<&Sqlops::sql_query_one>("sql_query_one", {"query", "res_col_vars", "db_id"}, kAnyRoute,
                                               "The same for one row and variables of any kind, NULL as NULL.")),
    function<&Sqlops::sql_select>(
        "sql_select", {"columns", "table", "filter", "order", "res_col_avps", "db_id"}, kAnyRoute,
        "Selects rows: columns [\"a\",\"b\"], filter [{\"a\":\"x\"},{\"b\":{\">\":2}}]. Variables inside the quotes "
        "can't end them. -2: no row."),
    function<&Sqlops::sql_select_one>("sql_select_one",
                                      {"columns", "table", "filter", "order", "res_col_vars", "db_id"}, kAnyRoute,
                                      "The same for one row and variables of any kind, NULL as NULL."),
    function<&Sqlops::sql_update>("sql_update", {"columns", "table", "filter", "db_id"}, kAnyRoute,
                                  "Changes rows: columns [{\"a\":\"x\"},{\"b\":2},{\"c\":null}]."),
    function<&Sqlops::sql_insert>("sql_insert", {"table", "columns", "db_id"}, kAnyRoute, "Adds a row."),
    function<&Sqlops::sql_delete>("sql_delete", {"table", "filter", "db_id"}, kAnyRoute,
                                  "Removes rows; without a filter all."),
    function<&Sqlops::sql_replace>(
        "sql_replace", {"table", "columns", "db_id"}, kAnyRoute,
        "Adds a row in the place of the one with its key, where the database knows REPLACE."),
    function<&Sqlops::sql_avp_load>("sql_avp_load", {"source", "name", "db_id", "prefix"}, kAnyRoute,
                                    "Preferences of the user become AVPs: source \"$fu/username\", name "
                                    "\"$avp(x)/table\", \"*\" or \"$avp(x)/$scheme\". False when there are none."),
    function<&Sqlops::sql_avp_store>("sql_avp_store", {"source", "name", "db_id"}, kAnyRoute,
                                     "AVPs become preferences, besides those there are."),
    function<&Sqlops::sql_avp_delete>("sql_avp_delete", {"source", "name", "db_id"}, kAnyRoute, "Removes preferences."),
});

constexpr auto kTables = std::to_array<const storage::TableSpec*>({&kUsrPreferencesTable});

constexpr auto kAvpLoaders = std::to_array<std::string_view>({"sql_avp_load"});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "sqlops",
    .documentation = "Queries of the script's own, and AVPs kept in the database.",
    .parameters = kParameters,
    .functions = kFunctions,
    .tables = kTables,
    .avp_loaders = kAvpLoaders,
    .create = &create<Sqlops>,
};

}  // namespace carillon::sqlops
