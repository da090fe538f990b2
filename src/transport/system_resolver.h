// SPDX-License-Identifier: Apache-2.0
// The system's resolver (hosts file, DNS) behind a cache, on threads that may block.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "shard/shards.h"
#include "storage/pool.h"
#include "transport/resolver.h"

namespace carillon::transport {

// Any thread. A name in use is looked up again when its answer has expired. `pool` has stopped when it is destroyed; it
// should be this resolver's own, because a name server that is down occupies its threads for seconds.
class SystemResolver final : public Resolver {
 public:
  struct Options {
    base::Duration keep_found = std::chrono::seconds(30);
    base::Duration keep_failed = std::chrono::seconds(5);
    std::size_t cache_size = 10'000;  // names
    std::size_t in_flight = 64;       // look-ups of different names at a time; a further one fails
    bool only_v4 = false;             // dns_try_ipv6=0
    // What is asked of name servers; 0: as the system is set up.
    bool use_search_list = true;  // dns_use_search_list
    int retry_seconds = 0;        // dns_retr_time
    int retries = 0;              // dns_retr_no
    int servers = 0;              // dns_servers_no
    // Told of look-ups that took longer, on the thread that looked; 0: nobody is (exec_dns_threshold).
    base::Duration slow = base::Duration::zero();
    std::function<void(const std::string& host, base::Duration took)> on_slow{};
  };
  // The blocking look-up itself; getaddrinfo by default.
  using Lookup = std::function<base::Result<Addresses>(const std::string& host)>;

  SystemResolver(storage::Pool& pool, shard::Shards& shards, const Options& options, Lookup lookup = {});
  ~SystemResolver() override;

  [[nodiscard]] std::optional<base::Result<Addresses>> cached(std::string_view host) override;
  // Those who ask for a name that is being looked up share the answer.
  void resolve(std::string host, Done done) override;

 private:
  struct State;

  void submit(std::string host);

  storage::Pool& pool_;
  std::shared_ptr<State> state_;  // shared with look-ups in flight, so that they may end later
};

}  // namespace carillon::transport
