// SPDX-License-Identifier: Apache-2.0
// cachedb_local: the declaration page.
#include "modules/cachedb_local/cachedb_local.h"

namespace carillon::cachedb_local {
namespace {

using namespace module;

constexpr auto kParameters = std::to_array({
    parameter<&CachedbLocal::cache_collections>(
        "cache_collections", "\"name=size;name\": collections besides \"default\"; the sizes aren't needed."),
    parameter<&CachedbLocal::cachedb_url>(
        "cachedb_url", "\"local:group:///collection\": lets scripts name a collection \"local:group\"."),
    parameter<&CachedbLocal::max_memory>("max_memory",
                                         "MiB that all collections may hold; beyond them nothing is stored."),
    parameter<&CachedbLocal::cache_clean_period>("cache_clean_period", "Accepted; what expires is removed at once."),
    parameter<&CachedbLocal::exec_threshold>("exec_threshold", "Accepted; no call waits for anything."),
    parameter<&CachedbLocal::set_cluster>("cluster_id", ParameterType::Integer,
                                          "Refused, unless it is 0: collections are not replicated."),
    parameter<&CachedbLocal::set_persistency>("cluster_persistency", ParameterType::Text,
                                              "Accepted; there is no cluster."),
    parameter<&CachedbLocal::set_restart_persistency>(
        "enable_restart_persistency", ParameterType::Integer,
        "Refused, unless it is 0: collections are not kept over a restart."),
    parameter<&CachedbLocal::cache_table_size>("cache_table_size", "Accepted; the table grows by itself."),
});

constexpr auto kFunctions = std::to_array({
    function<&CachedbLocal::cache_remove_chunk>("cache_remove_chunk", {"collection", "glob"}, kAnyRoute,
                                                "Removes the keys that a pattern with * ? [] matches; alone the "
                                                "pattern means the collection \"default\"."),
});

constexpr auto kCommands = std::to_array({
    command<&CachedbLocal::remove_chunk>({.name = "cachedb_local:remove_chunk",
                                          .aliases = "cache_remove_chunk",
                                          .recipes = "glob | glob,collection",
                                          .help = "Removes the keys that a pattern matches.",
                                          .result = "OK"}),
    command<&CachedbLocal::fetch_chunk>({.name = "cachedb_local:fetch_chunk",
                                         .aliases = "cache_fetch_chunk",
                                         .recipes = "glob | glob,collection",
                                         .help = "The keys that a pattern matches, 10000 at most, and their values.",
                                         .result = "keys[{name,value}]"}),
});

constexpr auto kStatistics = std::to_array({
    statistic<&CachedbLocal::entries>("entries", "Keys in all collections."),
    statistic<&CachedbLocal::memory>("memory", "Bytes that the collections take, about."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "cachedb_local",
    .documentation = "Stores of keys and values in memory: local:group:///collection.",
    .parameters = kParameters,
    .functions = kFunctions,
    .commands = kCommands,
    .statistics = kStatistics,
    .create = &create<CachedbLocal>,
};

}  // namespace carillon::cachedb_local
