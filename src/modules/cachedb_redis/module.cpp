// SPDX-License-Identifier: Apache-2.0
// cachedb_redis: the declaration page.
#include "modules/cachedb_redis/cachedb_redis.h"

namespace carillon::cachedb_redis {
namespace {

using namespace module;

constexpr std::string_view kNoSearch = "Accepted; nothing here searches.";

// A counter of the stores.
template <auto Member>
constexpr StatisticDecl counter(std::string_view name, std::string_view documentation) {
  return {.name = name,
          .documentation = documentation,
          .add = [](Module& module, metrics::Registry& registry, std::string_view group, const StatisticDecl& self) {
            return registry.add(group, self.name, static_cast<CachedbRedis&>(module).statistics.*Member,
                                self.documentation);
          }};
}

constexpr auto kParameters = std::to_array({
    parameter<&CachedbRedis::cachedb_url>(
        "cachedb_url",
        "\"redis:group://[user:password@]host:port[,host:port]/database\": a server, one of several, or a Cluster by "
        "any "
        "of its nodes; scripts name it \"redis:group\". Options of TLS: ?tls_ca=FILE&tls_cert=FILE&tls_key=FILE"
        "&tls_verify=0."),
    parameter<&CachedbRedis::connect_timeout>("connect_timeout", "Milliseconds to connect and sign in."),
    parameter<&CachedbRedis::query_timeout>("query_timeout",
                                            "Milliseconds until a query without an answer has failed."),
    parameter<&CachedbRedis::redis_keepalive>("redis_keepalive",
                                              "Seconds of silence after which TCP asks whether the peer is there."),
    parameter<&CachedbRedis::shutdown_on_error>("shutdown_on_error",
                                                "The server doesn't start without its Redis servers."),
    parameter<&CachedbRedis::lazy_connect>("lazy_connect", "Connects at the first query, not at start."),
    parameter<&CachedbRedis::use_tls>("use_tls", "Connections are TLS; the options of the URL say with what."),
    parameter<&CachedbRedis::ftsearch_index_name>("ftsearch_index_name", kNoSearch),
    parameter<&CachedbRedis::ftsearch_json_prefix>("ftsearch_json_prefix", kNoSearch),
    parameter<&CachedbRedis::ftsearch_max_results>("ftsearch_max_results", kNoSearch),
    parameter<&CachedbRedis::ftsearch_json_mset_expire>("ftsearch_json_mset_expire", kNoSearch),
});

constexpr auto kCommands = std::to_array({
    command<&CachedbRedis::redis_cluster_info>(
        {.name = "cachedb_redis:redis_cluster_info",
         .aliases = "redis_cluster_info",
         .recipes = " | group",
         .help = "The servers of each group as they are known, and which of them are down.",
         .result = "groups[{group,url,mode,nodes[{address,slots,status,error}]}]",
         .named_only = true}),
    command<&CachedbRedis::redis_cluster_refresh>({.name = "cachedb_redis:redis_cluster_refresh",
                                                   .aliases = "redis_cluster_refresh",
                                                   .recipes = " | group",
                                                   .help = "Asks Clusters anew which node has which slots.",
                                                   .result = "OK",
                                                   .named_only = true}),
    command<&CachedbRedis::redis_ping_nodes>({.name = "cachedb_redis:redis_ping_nodes",
                                              .aliases = "redis_ping_nodes",
                                              .recipes = " | group",
                                              .help = "Sends a PING to every server.",
                                              .result = "groups[{group,nodes[{address,status,latency_us,error}]}]",
                                              .named_only = true}),
});

constexpr auto kStatistics = std::to_array({
    counter<&Statistics::queries>("redis_queries", "Commands sent."),
    counter<&Statistics::failed>("redis_queries_failed", "Commands that no server answered."),
    counter<&Statistics::moved>("redis_moved", "Answers that a key is elsewhere."),
    counter<&Statistics::refreshes>("redis_topology_refreshes", "Times that a Cluster was asked for its slots."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "cachedb_redis",
    .documentation = "Stores of keys and values in Redis: redis:group://host:port/.",
    .parameters = kParameters,
    .commands = kCommands,
    .statistics = kStatistics,
    .create = &create<CachedbRedis>,
};

}  // namespace carillon::cachedb_redis
