// SPDX-License-Identifier: Apache-2.0
// See node.h.
#include "modules/cachedb_redis/node.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "storage/driver.h"

namespace carillon::cachedb_redis {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr base::Duration kFirstPause = 100ms;
constexpr base::Duration kLongestPause = 2s;

}  // namespace

Node::Answer Node::exchange(std::span<const Words* const> commands) {
  base::Duration bound = settings_.query_timeout;
  {
    const std::scoped_lock lock(mutex_);
    if (pause_ > base::Duration::zero()) {
      if (steady_clock::now() < peace_until_) {
        return {.replies = base::fail(last_error_, static_cast<int>(storage::Fault::Unavailable))};
      }
      bound = std::max<base::Duration>(bound / 4, std::min<base::Duration>(bound, 200ms));  // a try
    }
  }
  auto connection = take();
  if (!connection) return {.replies = std::unexpected(std::move(connection.error()))};
  auto replies = (*connection)->exchange(commands, steady_clock::now() + bound);
  if (!replies) {
    replies.error().message = fmt::format("{}: {}", address_.text(), replies.error().message);
    on_failure(replies.error());
  } else {
    give_back(std::move(*connection));
  }
  return {.replies = std::move(replies), .sent = true};
}

base::Result<storage::Reply> Node::probe(const Words& words) {
  auto connection = take();
  if (!connection) return std::unexpected(std::move(connection.error()));
  auto reply = (*connection)->ask(words, steady_clock::now() + std::min<base::Duration>(settings_.query_timeout, 2s));
  if (!reply) {
    on_failure(reply.error());
  } else {
    give_back(std::move(*connection));
  }
  return reply;
}

base::Result<std::unique_ptr<Connection>> Node::connect() {
  auto connection = Connection::open(address_, settings_);
  if (!connection) on_failure(connection.error());
  return connection;
}

base::Result<std::unique_ptr<Connection>> Node::take() {
  while (true) {
    std::unique_ptr<Connection> kept;
    {
      const std::scoped_lock lock(mutex_);
      if (idle_.empty()) break;
      kept = std::move(idle_.back());
      idle_.pop_back();
    }
    if (kept->is_usable()) return kept;
  }
  return connect();
}

void Node::give_back(std::unique_ptr<Connection> connection) {
  bool back = false;
  {
    const std::scoped_lock lock(mutex_);
    back = std::exchange(pause_, base::Duration::zero()) != base::Duration::zero();
    last_error_.clear();
    if (idle_.size() < kKept) idle_.push_back(std::move(connection));
  }
  if (back) log::info("cachedb_redis: {} answers again", address_.text());
}

void Node::on_failure(const base::Error& error) {
  std::vector<std::unique_ptr<Connection>> unusable;
  bool first = false;
  {
    const std::scoped_lock lock(mutex_);
    const base::TimePoint now = steady_clock::now();
    first = pause_ == base::Duration::zero();
    if (first || now >= peace_until_) {  // not once more for each that was under way
      pause_ = std::clamp<base::Duration>(pause_ * 2, kFirstPause, kLongestPause);
      peace_until_ = now + pause_;
    }
    last_error_ = error.message;
    unusable.swap(idle_);
  }
  if (first) log::warning("cachedb_redis: {}", error.message);
}

bool Node::is_down() const {
  const std::scoped_lock lock(mutex_);
  return pause_ > base::Duration::zero();
}

std::string Node::last_error() const {
  const std::scoped_lock lock(mutex_);
  return last_error_;
}

}  // namespace carillon::cachedb_redis
