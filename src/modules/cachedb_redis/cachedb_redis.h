// SPDX-License-Identifier: Apache-2.0
// cachedb_redis: stores of keys and values in Redis servers and Clusters, named "redis" or "redis:group" by scripts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/task.h"
#include "module/module.h"
#include "modules/cachedb_redis/redis_store.h"

namespace carillon::cachedb_redis {

class CachedbRedis final : public module::Module {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;
  void stop() override;

  // A store of that URL, connected to unless that is to wait or failed and may.
  [[nodiscard]] base::Result<std::shared_ptr<storage::KeyValueStore>> open_store(const storage::KeyValueUrl& url);

  // --- parameters
  std::vector<std::string> cachedb_url;
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds query_timeout{5000};
  std::chrono::seconds redis_keepalive{10};
  bool shutdown_on_error = false;
  bool lazy_connect = false;
  bool use_tls = false;
  std::string ftsearch_index_name = "idx:usrloc";
  std::string ftsearch_json_prefix = "usrloc:";
  int ftsearch_max_results = 10000;
  int ftsearch_json_mset_expire = 3600;

  // --- commands
  base::Task<base::Result<management::Json>> redis_cluster_info(management::Parameters parameters);
  base::Task<base::Result<management::Json>> redis_cluster_refresh(management::Parameters parameters);
  base::Task<base::Result<management::Json>> redis_ping_nodes(management::Parameters parameters);

  Statistics statistics;

 private:
  // Those of a group, or all.
  [[nodiscard]] base::Result<std::vector<std::shared_ptr<RedisStore>>> chosen(
      const management::Parameters& parameters) const;
  [[nodiscard]] base::Result<Settings> settings_of(const storage::KeyValueUrl& url) const;

  shard::Shards* shards_ = nullptr;
  std::vector<std::shared_ptr<RedisStore>> stores_;  // of cachedb_url; scripts and modules share them
};

}  // namespace carillon::cachedb_redis
