// SPDX-License-Identifier: Apache-2.0
// A store of keys and values in Redis: one server, one of several, or a Cluster, which it finds out by asking.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "metrics/counter.h"
#include "modules/cachedb_redis/node.h"
#include "storage/key_value.h"

namespace carillon::cachedb_redis {

// Of all stores.
struct Statistics {
  metrics::Counter queries;
  metrics::Counter failed;
  metrics::Counter moved;
  metrics::Counter refreshes;
};

class RedisStore final : public storage::KeyValueStore {
 public:
  // `statistics` outlives it.
  RedisStore(storage::KeyValueUrl url, Settings settings, Statistics& statistics);
  ~RedisStore() override;

  [[nodiscard]] const storage::KeyValueUrl& url() const { return url_; }
  // Finds out what kind of server is there. Blocks. Otherwise the first use does.
  [[nodiscard]] base::Result<> connect();
  // Asks a Cluster anew who has which slots.
  [[nodiscard]] base::Result<> refresh();

  struct NodeState {
    Address address;
    std::size_t slots = 0;
    bool is_down = false;
    std::string error;
  };
  // Who there is; nothing that blocks.
  struct State {
    bool is_known = false;
    bool is_cluster = false;
    std::vector<NodeState> nodes;
  };
  [[nodiscard]] State state() const;
  // Asks every node for a PONG. Blocks.
  struct Ping {
    Address address;
    base::Result<base::Duration> answered;
  };
  [[nodiscard]] std::vector<Ping> ping();

  [[nodiscard]] storage::Pool* pool() override { return &pool_; }
  [[nodiscard]] base::Duration longest_wait() const override { return settings_.query_timeout; }
  [[nodiscard]] base::Result<std::optional<std::string>> get(std::string_view key) override;
  [[nodiscard]] base::Result<> set(std::string_view key, std::string_view value, Seconds lifetime) override;
  [[nodiscard]] base::Result<bool> remove(std::string_view key) override;
  [[nodiscard]] base::Result<std::int64_t> add(std::string_view key, std::int64_t amount, Seconds lifetime) override;
  [[nodiscard]] base::Result<storage::Pairs> map(std::string_view key) override;
  [[nodiscard]] base::Result<> set_map(std::string_view key, const storage::Pairs& values, Seconds lifetime) override;
  [[nodiscard]] base::Result<bool> remove_of_map(std::string_view key, std::string_view name) override;
  [[nodiscard]] base::Result<bool> take_lease(std::string_view key, std::string_view owner,
                                              std::chrono::milliseconds duration) override;
  [[nodiscard]] base::Result<> end_lease(std::string_view key, std::string_view owner) override;
  [[nodiscard]] base::Result<storage::ReplyRows> raw(std::string_view query) override;
  [[nodiscard]] base::Result<std::vector<storage::Reply>> pipeline(std::span<const storage::Command> commands) override;
  [[nodiscard]] base::Result<std::unique_ptr<storage::Subscription>> subscribe(std::string_view channel) override;

 private:
  // What connect() and refresh() found; immutable.
  struct Topology {
    bool is_cluster = false;
    SlotMap slots = {};  // of a cluster
  };
  using TopologyPtr = std::shared_ptr<const Topology>;  // shared by the calls that look at it
  class Pipeline;

  [[nodiscard]] base::Result<TopologyPtr> topology();
  [[nodiscard]] TopologyPtr known_topology() const;
  [[nodiscard]] base::Result<TopologyPtr> discover();
  [[nodiscard]] std::shared_ptr<Node> node(const Address& address);
  // Where a cluster's map may be had: the nodes known, then those of the URL.
  [[nodiscard]] std::vector<Address> candidates() const;
  void forget_unused(const Topology& topology);
  // A reply to one command; an Error reply is an error.
  [[nodiscard]] base::Result<storage::Reply> ask(storage::Command command);

  const storage::KeyValueUrl url_;
  const Settings settings_;
  std::vector<Address> hosts_;
  Statistics& statistics_;
  std::atomic<std::size_t> current_{0};  // of the hosts, without a cluster: the one in use

  mutable std::mutex mutex_;
  TopologyPtr topology_;
  std::map<Address, std::shared_ptr<Node>> nodes_;  // shared with the calls that use one

  std::mutex refresh_mutex_;  // one asks, the others wait for what comes of it
  base::TimePoint refreshed_{};

  storage::Pool pool_;  // the last: ends first
};

}  // namespace carillon::cachedb_redis
