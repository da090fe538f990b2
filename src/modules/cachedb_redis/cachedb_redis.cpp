// SPDX-License-Identifier: Apache-2.0
// See cachedb_redis.h.
#include "modules/cachedb_redis/cachedb_redis.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/strings.h"
#include "module/key_value_job.h"
#include "module/services.h"

namespace carillon::cachedb_redis {
namespace {

using namespace module;
using management::Json;

class RedisDriver final : public storage::KeyValueDriver {
 public:
  explicit RedisDriver(CachedbRedis& module) : module_(module) {}
  [[nodiscard]] std::string_view scheme() const override { return "redis"; }
  [[nodiscard]] base::Result<std::shared_ptr<storage::KeyValueStore>> open(const storage::KeyValueUrl& url) override {
    return module_.open_store(url);
  }

 private:
  CachedbRedis& module_;
};

std::string name_of(const RedisStore& store) {
  const storage::KeyValueUrl& url = store.url();
  return url.group.empty() ? url.scheme : url.scheme + ":" + url.group;
}

Json describe(const RedisStore& store) {
  const RedisStore::State state = store.state();
  Json object = Json::object();
  object.add("group", store.url().group);
  object.add("url", store.url().display());
  object.add("mode", !state.is_known ? "unknown" : state.is_cluster ? "cluster" : "single");
  Json& nodes = object.add("nodes", Json::array());
  for (const RedisStore::NodeState& node : state.nodes) {
    Json& row = nodes.push_back(Json::object());
    row.add("address", node.address.text());
    if (state.is_cluster) row.add("slots", node.slots);
    row.add("status", node.is_down ? "down" : "up");
    if (!node.error.empty()) row.add("error", node.error);
  }
  return object;
}

Json describe(const RedisStore& store, const std::vector<RedisStore::Ping>& pings) {
  Json object = Json::object();
  object.add("group", store.url().group);
  Json& nodes = object.add("nodes", Json::array());
  for (const RedisStore::Ping& ping : pings) {
    Json& row = nodes.push_back(Json::object());
    row.add("address", ping.address.text());
    row.add("status", ping.answered ? "reachable" : "unreachable");
    if (ping.answered) {
      row.add("latency_us", std::chrono::duration_cast<std::chrono::microseconds>(*ping.answered).count());
    } else {
      row.add("error", ping.answered.error().message);
    }
  }
  return object;
}

}  // namespace

base::Result<Settings> CachedbRedis::settings_of(const storage::KeyValueUrl& url) const {
  Settings settings{.connect_timeout = connect_timeout,
                    .query_timeout = query_timeout,
                    .keepalive = redis_keepalive,
                    .user = url.user,
                    .password = url.password};
  if (!url.path.empty()) {
    const auto number = base::parse_number<unsigned>(url.path);
    if (!number) return base::fail(fmt::format("{}: the database must be a number", url.display()));
    settings.database = *number;
  }
  Tls::Options tls;
  for (const auto& [name, value] : url.options) {
    if (name == "tls_ca") {
      tls.ca = value;
    } else if (name == "tls_cert") {
      tls.cert = value;
    } else if (name == "tls_key") {
      tls.key = value;
    } else if (name == "tls_verify") {
      tls.verify = value != "0" && value != "no";
    } else {
      return base::fail(fmt::format("{}: the option {} is not known; there are tls_ca, tls_cert, tls_key, tls_verify",
                                    url.display(), name));
    }
  }
  if (use_tls) {
    auto made = Tls::make(tls);
    if (!made) return std::unexpected(std::move(made.error()));
    settings.tls = std::move(*made);
  }
  return settings;
}

base::Result<std::shared_ptr<storage::KeyValueStore>> CachedbRedis::open_store(const storage::KeyValueUrl& url) {
  auto settings = settings_of(url);
  if (!settings) return std::unexpected(std::move(settings.error()));
  auto store = std::make_shared<RedisStore>(url, std::move(*settings), statistics);
  if (!lazy_connect) {
    if (auto connected = store->connect(); !connected) {
      if (shutdown_on_error) return std::unexpected(std::move(connected.error()));
      log::warning("cachedb_redis: {} is not reached yet: {}", url.display(), connected.error().message);
    }
  }
  stores_.push_back(store);
  return store;
}

base::Result<> CachedbRedis::start(Services& services) {
  shards_ = &services.shards;
  if (query_timeout <= std::chrono::milliseconds(0) || connect_timeout <= std::chrono::milliseconds(0)) {
    return base::fail("query_timeout and connect_timeout must be above 0");
  }
  services.key_values.add_driver(std::make_unique<RedisDriver>(*this));
  for (const std::string& text : cachedb_url) {
    const auto url = storage::KeyValueUrl::parse(text);
    if (!url) return std::unexpected(url.error());
    if (url->scheme != "redis") return base::fail(fmt::format("cachedb_url: {} is not redis:", url->display()));
    auto opened = services.key_values.open(text);
    if (!opened) return std::unexpected(std::move(opened.error()));
    if (auto added = services.key_values.add("redis", url->group, std::move(*opened)); !added) return added;
  }
  return {};
}

// Jobs resume runs in shards, which don't outlive this. One under way ends within its time limit.
void CachedbRedis::stop() {
  for (const auto& store : stores_) store->pool()->stop(base::Duration::zero());
}

base::Result<std::vector<std::shared_ptr<RedisStore>>> CachedbRedis::chosen(
    const management::Parameters& parameters) const {
  if (!parameters.has("group")) return stores_;
  auto group = parameters.text("group");
  if (!group) return std::unexpected(std::move(group.error()));
  std::vector<std::shared_ptr<RedisStore>> some;
  std::ranges::copy_if(stores_, std::back_inserter(some),
                       [&](const auto& store) { return store->url().group == *group || name_of(*store) == *group; });
  if (some.empty()) return base::fail("No such group", 404);
  return some;
}

base::Task<base::Result<Json>> CachedbRedis::redis_cluster_info(management::Parameters parameters) {
  const auto stores = chosen(parameters);
  if (!stores) co_return std::unexpected(stores.error());
  Json all = Json::array();
  for (const auto& store : *stores) all.push_back(describe(*store));
  Json answer = Json::object();
  answer.add("groups", std::move(all));
  co_return answer;
}

base::Task<base::Result<Json>> CachedbRedis::redis_cluster_refresh(management::Parameters parameters) {
  const auto stores = chosen(parameters);
  if (!stores) co_return std::unexpected(stores.error());
  for (const auto& store : *stores) {
    auto job = [redis = store.get()](storage::KeyValueStore& /*store*/) { return redis->refresh(); };
    auto refreshed = co_await run_on(*store, *shards_, *shard::context.shard, std::move(job));
    if (!refreshed) co_return base::fail(fmt::format("{}: {}", name_of(*store), refreshed.error().message), 500);
  }
  co_return Json("OK");
}

base::Task<base::Result<Json>> CachedbRedis::redis_ping_nodes(management::Parameters parameters) {
  const auto stores = chosen(parameters);
  if (!stores) co_return std::unexpected(stores.error());
  Json all = Json::array();
  for (const auto& store : *stores) {
    auto job = [redis = store.get()](storage::KeyValueStore& /*store*/) {
      return base::Result<std::vector<RedisStore::Ping>>(redis->ping());
    };
    const auto pings = co_await run_on(*store, *shards_, *shard::context.shard, std::move(job));
    if (!pings) co_return base::fail(fmt::format("{}: {}", name_of(*store), pings.error().message), 500);
    all.push_back(describe(*store, *pings));
  }
  Json answer = Json::object();
  answer.add("groups", std::move(all));
  co_return answer;
}

}  // namespace carillon::cachedb_redis
