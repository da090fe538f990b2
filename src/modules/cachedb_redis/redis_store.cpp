// SPDX-License-Identifier: Apache-2.0
// See redis_store.h: who there is, and each operation as a command. How commands find their node is pipeline.cpp.
#include "modules/cachedb_redis/redis_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "modules/cachedb_redis/words.h"
#include "storage/driver.h"

namespace carillon::cachedb_redis {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using storage::Fault;
using storage::Reply;

constexpr std::size_t kThreads = 8;
constexpr std::size_t kQueuedJobs = 10'000;
// Not more often is a cluster asked for its map, however many replies say that it has changed.
constexpr base::Duration kRefreshPause = 200ms;

constexpr std::string_view kTakeLease =
    "local owner = redis.call('GET', KEYS[1]) "
    "if owner and owner ~= ARGV[1] then return 0 end "
    "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 1";
constexpr std::string_view kEndLease =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

std::unexpected<base::Error> unexpected_reply() {
  return base::fail("a reply of another kind than was asked for", static_cast<int>(Fault::Other));
}

std::string milliseconds(std::chrono::milliseconds duration) {
  return std::to_string(std::max<std::int64_t>(duration.count(), 1));
}

std::optional<std::string> cell(const Reply& reply) {
  switch (reply.kind) {
    case Reply::Kind::Text:
    case Reply::Kind::Error:
      return reply.text;
    case Reply::Kind::Integer:
      return std::to_string(reply.integer);
    default:
      return std::nullopt;
  }
}

// A nested list's values stand in one row.
void flatten(const Reply& reply, std::vector<std::optional<std::string>>& row) {
  if (reply.kind != Reply::Kind::List) {
    row.push_back(cell(reply));
    return;
  }
  for (const Reply& one : reply.list) flatten(one, row);
}

}  // namespace

RedisStore::RedisStore(storage::KeyValueUrl url, Settings settings, Statistics& statistics)
    : url_(std::move(url)),
      settings_(std::move(settings)),
      statistics_(statistics),
      pool_({.threads = kThreads, .queued_jobs = kQueuedJobs}) {
  for (const storage::KeyValueUrl::Host& host : url_.hosts) {
    hosts_.push_back({host.name, host.port != 0 ? host.port : Address{}.port});
  }
  if (hosts_.empty()) hosts_.push_back({"localhost", Address{}.port});
}

RedisStore::~RedisStore() { pool_.stop(0s); }

// --- who there is ----------------------------------------------------------------------------------------------------

std::shared_ptr<Node> RedisStore::node(const Address& address) {
  const std::scoped_lock lock(mutex_);
  auto& found = nodes_[address];
  if (found == nullptr) found = std::make_shared<Node>(address, settings_);
  return found;
}

RedisStore::TopologyPtr RedisStore::known_topology() const {
  const std::scoped_lock lock(mutex_);
  return topology_;
}

base::Result<RedisStore::TopologyPtr> RedisStore::topology() {
  if (auto known = known_topology()) return known;
  if (auto connected = connect(); !connected) return std::unexpected(std::move(connected.error()));
  return known_topology();
}

std::vector<Address> RedisStore::candidates() const {
  std::vector<Address> all;
  if (const auto known = known_topology()) all = known->slots.masters();
  for (const Address& host : hosts_) {
    if (std::ranges::find(all, host) == all.end()) all.push_back(host);
  }
  // Those that work first.
  const std::scoped_lock lock(mutex_);
  std::ranges::stable_partition(all, [this](const Address& address) {
    const auto found = nodes_.find(address);
    return found == nodes_.end() || !found->second->is_down();
  });
  return all;
}

base::Result<RedisStore::TopologyPtr> RedisStore::discover() {
  base::Error last;
  for (const Address& address : candidates()) {
    const auto reply = node(address)->probe({"CLUSTER", "SLOTS"});
    if (!reply) {
      last = reply.error();
      continue;
    }
    if (reply->is_error()) {
      const bool single = base::to_lower(reply->text).find("cluster support disabled") != std::string::npos ||
                          reply->text.starts_with("ERR unknown");
      if (single) return std::make_shared<const Topology>();
      last = {fmt::format("{}: {}", address.text(), reply->text), static_cast<int>(Fault::Unavailable)};
      continue;
    }
    auto slots = SlotMap::parse(*reply, address);
    if (slots) return std::make_shared<const Topology>(Topology{.is_cluster = true, .slots = std::move(*slots)});
    last = {fmt::format("{}: {}", address.text(), slots.error().message), static_cast<int>(Fault::Unavailable)};
  }
  return std::unexpected(std::move(last));
}

base::Result<> RedisStore::connect() {
  if (known_topology() != nullptr) return {};
  return refresh();
}

base::Result<> RedisStore::refresh() {
  const base::TimePoint asked = steady_clock::now();
  const std::scoped_lock one_at_a_time(refresh_mutex_);
  // Somebody else has just done it.
  if (known_topology() != nullptr && (refreshed_ > asked || asked - refreshed_ < kRefreshPause)) return {};
  auto found = discover();
  refreshed_ = steady_clock::now();
  if (!found) return std::unexpected(std::move(found.error()));
  statistics_.refreshes.add();
  forget_unused(**found);
  const std::scoped_lock lock(mutex_);
  topology_ = std::move(*found);
  return {};
}

void RedisStore::forget_unused(const Topology& topology) {
  const std::vector<Address>& masters = topology.slots.masters();
  const std::scoped_lock lock(mutex_);
  std::erase_if(nodes_, [&](const auto& entry) {
    return std::ranges::find(masters, entry.first) == masters.end() &&
           std::ranges::find(hosts_, entry.first) == hosts_.end();
  });
}

RedisStore::State RedisStore::state() const {
  State state;
  const auto known = known_topology();
  state.is_known = known != nullptr;
  state.is_cluster = known != nullptr && known->is_cluster;
  const auto counts = known != nullptr ? known->slots.counts() : std::vector<std::size_t>();
  const std::vector<Address>& addresses = state.is_cluster ? known->slots.masters() : hosts_;
  const std::scoped_lock lock(mutex_);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    NodeState& one = state.nodes.emplace_back();
    one.address = addresses[i];
    if (i < counts.size()) one.slots = counts[i];
    if (const auto found = nodes_.find(addresses[i]); found != nodes_.end()) {
      one.is_down = found->second->is_down();
      one.error = found->second->last_error();
    }
  }
  return state;
}

std::vector<RedisStore::Ping> RedisStore::ping() {
  static_cast<void>(topology());
  std::vector<Ping> pings;
  for (const NodeState& one : state().nodes) {
    const base::TimePoint begin = steady_clock::now();
    const auto reply = node(one.address)->probe({"PING"});
    base::Result<base::Duration> answered = steady_clock::now() - begin;
    if (!reply) {
      answered = std::unexpected(reply.error());
    } else if (reply->is_error()) {
      answered = base::fail(reply->text);
    }
    pings.push_back({one.address, std::move(answered)});
  }
  return pings;
}

// --- operations ------------------------------------------------------------------------------------------------------

base::Result<Reply> RedisStore::ask(storage::Command command) {
  auto reply = this->command(std::move(command));
  if (reply && reply->is_error()) return base::fail(std::move(reply->text), static_cast<int>(Fault::Other));
  return reply;
}

base::Result<std::optional<std::string>> RedisStore::get(std::string_view key) {
  auto reply = ask({{"GET", std::string(key)}});
  if (!reply) return std::unexpected(std::move(reply.error()));
  if (reply->is_nil()) return std::nullopt;
  if (reply->kind != Reply::Kind::Text) return unexpected_reply();
  return std::move(reply->text);
}

base::Result<> RedisStore::set(std::string_view key, std::string_view value, Seconds lifetime) {
  storage::Command command{{"SET", std::string(key), std::string(value)}};
  if (lifetime > 0s) command.words.insert(command.words.end(), {"EX", std::to_string(lifetime.count())});
  if (auto reply = ask(std::move(command)); !reply) return std::unexpected(std::move(reply.error()));
  return {};
}

base::Result<bool> RedisStore::remove(std::string_view key) {
  const auto reply = ask({{"DEL", std::string(key)}});
  if (!reply) return std::unexpected(reply.error());
  return reply->integer > 0;
}

base::Result<std::int64_t> RedisStore::add(std::string_view key, std::int64_t amount, Seconds lifetime) {
  std::vector<storage::Command> commands = {{{"INCRBY", std::string(key), std::to_string(amount)}}};
  if (lifetime > 0s) commands.push_back({{"EXPIRE", std::string(key), std::to_string(lifetime.count())}});
  auto replies = pipeline(commands);
  if (!replies) return std::unexpected(std::move(replies.error()));
  Reply& sum = replies->front();
  if (sum.is_error()) return base::fail(std::move(sum.text), static_cast<int>(Fault::Other));
  if (sum.kind != Reply::Kind::Integer) return unexpected_reply();
  return sum.integer;
}

base::Result<storage::Pairs> RedisStore::map(std::string_view key) {
  auto reply = ask({{"HGETALL", std::string(key)}});
  if (!reply) return std::unexpected(std::move(reply.error()));
  if (reply->kind != Reply::Kind::List || reply->list.size() % 2 != 0) return unexpected_reply();
  storage::Pairs pairs;
  for (std::size_t i = 0; i < reply->list.size(); i += 2) {
    pairs.emplace_back(std::move(reply->list[i].text), std::move(reply->list[i + 1].text));
  }
  return pairs;
}

base::Result<> RedisStore::set_map(std::string_view key, const storage::Pairs& values, Seconds lifetime) {
  if (values.empty()) return {};
  std::vector<storage::Command> commands = {{{"HSET", std::string(key)}}};
  for (const auto& [name, value] : values) {
    commands[0].words.push_back(name);
    commands[0].words.push_back(value);
  }
  if (lifetime > 0s) commands.push_back({{"EXPIRE", std::string(key), std::to_string(lifetime.count())}});
  auto replies = pipeline(commands);
  if (!replies) return std::unexpected(std::move(replies.error()));
  if (replies->front().is_error()) {
    return base::fail(std::move(replies->front().text), static_cast<int>(Fault::Other));
  }
  return {};
}

base::Result<bool> RedisStore::remove_of_map(std::string_view key, std::string_view name) {
  const auto reply = ask({{"HDEL", std::string(key), std::string(name)}});
  if (!reply) return std::unexpected(reply.error());
  return reply->integer > 0;
}

base::Result<bool> RedisStore::take_lease(std::string_view key, std::string_view owner,
                                          std::chrono::milliseconds duration) {
  const auto reply =
      ask({{"EVAL", std::string(kTakeLease), "1", std::string(key), std::string(owner), milliseconds(duration)}, 3});
  if (!reply) return std::unexpected(reply.error());
  return reply->integer == 1;
}

base::Result<> RedisStore::end_lease(std::string_view key, std::string_view owner) {
  if (auto reply = ask({{"EVAL", std::string(kEndLease), "1", std::string(key), std::string(owner)}, 3}); !reply) {
    return std::unexpected(std::move(reply.error()));
  }
  return {};
}

base::Result<storage::ReplyRows> RedisStore::raw(std::string_view query) {
  auto command = parse_query(query);
  if (!command) return std::unexpected(std::move(command.error()));
  const auto reply = ask(std::move(*command));
  if (!reply) return std::unexpected(reply.error());
  storage::ReplyRows rows;
  if (reply->kind != Reply::Kind::List) {
    if (!reply->is_nil()) rows.push_back({cell(*reply)});
    return rows;
  }
  for (const Reply& one : reply->list) flatten(one, rows.emplace_back());
  return rows;
}

}  // namespace carillon::cachedb_redis
