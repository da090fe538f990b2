// SPDX-License-Identifier: Apache-2.0
// Messages of a channel. A Cluster hands what is published on one node to all, so any node will do.
#include <algorithm>

#include "modules/cachedb_redis/redis_store.h"
#include "storage/driver.h"

namespace carillon::cachedb_redis {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using storage::Fault;
using storage::Reply;

// So often a silent server is asked whether it is there.
constexpr base::Duration kPingEvery = 1s;

class RedisSubscription final : public storage::Subscription {
 public:
  RedisSubscription(std::unique_ptr<Connection> connection, base::Duration answer_within)
      : connection_(std::move(connection)),
        answer_within_(answer_within),
        heard_(steady_clock::now()),
        pinged_(heard_) {}

  base::Result<std::optional<std::string>> next(std::chrono::milliseconds bound) override {
    const base::TimePoint until = steady_clock::now() + bound;
    while (true) {
      const base::TimePoint step = std::min(until, pinged_ + kPingEvery);
      auto reply = connection_->receive(step);
      if (!reply) return std::unexpected(std::move(reply.error()));
      const base::TimePoint now = steady_clock::now();
      if (*reply) {
        heard_ = now;
        if (auto message = message_of(**reply)) return message;
      }
      if (heard_ + kPingEvery + answer_within_ < now) {
        return base::fail("the server has fallen silent", static_cast<int>(Fault::Unavailable));
      }
      if (now >= pinged_ + kPingEvery) {
        pinged_ = now;
        if (auto sent = connection_->send({"PING"}, now + answer_within_); !sent) {
          return std::unexpected(std::move(sent.error()));
        }
      }
      if (now >= until) return std::nullopt;
    }
  }

 private:
  static std::optional<std::string> message_of(Reply& reply) {
    if (reply.kind != Reply::Kind::List || reply.list.size() != 3 || reply.list[0].text != "message")
      return std::nullopt;
    return std::move(reply.list[2].text);
  }

  std::unique_ptr<Connection> connection_;
  base::Duration answer_within_;
  base::TimePoint heard_;
  base::TimePoint pinged_;
};

}  // namespace

base::Result<std::unique_ptr<storage::Subscription>> RedisStore::subscribe(std::string_view channel) {
  const auto known = topology();
  if (!known) return std::unexpected(known.error());
  std::vector<Address> addresses = candidates();
  if (!(*known)->is_cluster) addresses = {hosts_[current_.load() % hosts_.size()]};
  base::Error last;
  for (const Address& address : addresses) {
    auto connection = node(address)->connect();
    if (!connection) {
      last = std::move(connection.error());
      continue;
    }
    const auto reply =
        (*connection)->ask({"SUBSCRIBE", std::string(channel)}, steady_clock::now() + settings_.query_timeout);
    if (reply && reply->kind == Reply::Kind::List) {
      return std::make_unique<RedisSubscription>(std::move(*connection), settings_.query_timeout);
    }
    last = reply ? base::Error{reply->text, static_cast<int>(Fault::Other)} : reply.error();
  }
  return std::unexpected(std::move(last));
}

}  // namespace carillon::cachedb_redis
