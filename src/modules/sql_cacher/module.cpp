// SPDX-License-Identifier: Apache-2.0
// sql_cacher: the declaration page.
#include "modules/sql_cacher/sql_cacher.h"

namespace carillon::sql_cacher {
namespace {

using namespace module;

constexpr auto kParameters = std::to_array({
    parameter<&SqlCacher::cache_tables>(
        "cache_table",
        "\"id=..\", \"db_url=..\", \"table=..\", \"key=..\", \"columns=..\", \"on_demand=0\", "
        "\"expire=3600\", a line each; cachedb_url is accepted: rows are kept here."),
    parameter<&SqlCacher::spec_delimiter>("spec_delimiter", "Between the parts of a cache_table; one character."),
    parameter<&SqlCacher::pvar_delimiter>("pvar_delimiter", "In $sql_cached_value(id:column:key); one character."),
    parameter<&SqlCacher::columns_delimiter>("columns_delimiter", "Between columns; one character."),
    parameter<&SqlCacher::sql_fetch_nr_rows>("sql_fetch_nr_rows", "Accepted; rows are read one by one."),
    parameter<&SqlCacher::full_caching_expire>("full_caching_expire",
                                               "Seconds after which whole tables are too old; they are read before."),
    parameter<&SqlCacher::reload_interval>("reload_interval", "So many seconds before; and the pause when that fails."),
    parameter<&SqlCacher::bigint_to_str>("bigint_to_str", "1: integers beyond 32 bits are texts."),
    parameter<&SqlCacher::max_rows_on_demand>("max_rows_on_demand", "Rows that one cache_table on demand keeps."),
});

constexpr auto kFunctions = std::to_array({
    function<&SqlCacher::sql_cache_dump>("sql_cache_dump", {"caching_id", "columns", "result_avps"}, kAnyRoute,
                                         "All rows of a cache into AVPs, one for each column; -2: there are none."),
});

constexpr auto kVariables = std::to_array({
    variable<&SqlCacher::cached_value>("sql_cached_value",
                                       "(id:column:key): a cell of a cached table; NULL when there is no such row.",
                                       {.sub_name = script::SubName::Required}),
});

constexpr auto kCommands = std::to_array({
    command<&SqlCacher::reload>({.name = "sql_cacher:reload",
                                 .aliases = "sql_cacher_reload",
                                 .recipes = "id | id,key",
                                 .help = "Reads a table again, or its row with that key; of a cache on demand without "
                                         "a key it forgets all rows.",
                                 .result = "OK"}),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "sql_cacher",
    .documentation = "Rows of the database in memory, for the script.",
    .parameters = kParameters,
    .functions = kFunctions,
    .variables = kVariables,
    .commands = kCommands,
    .create = &create<SqlCacher>,
};

}  // namespace carillon::sql_cacher
