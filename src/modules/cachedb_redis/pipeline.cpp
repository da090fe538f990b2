// SPDX-License-Identifier: Apache-2.0
// How commands find the node that has their key: by the map, by redirections, by the map anew when a node is gone.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "modules/cachedb_redis/redis_store.h"
#include "storage/driver.h"

namespace carillon::cachedb_redis {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using storage::Fault;
using storage::Reply;

// A key that moves is found within two or three; more of them are a loop.
constexpr unsigned kRounds = 8;
constexpr base::Duration kTryAgainPause = 20ms;

bool is_refusal(const Reply& reply, std::string_view word) { return reply.is_error() && reply.text.starts_with(word); }

// The server can't do its work just now, whatever is asked.
bool is_unavailable(const Reply& reply) {
  return is_refusal(reply, "CLUSTERDOWN") || is_refusal(reply, "LOADING") || is_refusal(reply, "MASTERDOWN") ||
         is_refusal(reply, "NOAUTH") || is_refusal(reply, "UNBLOCKED");
}

}  // namespace

// One call of pipeline().
class RedisStore::Pipeline {
 public:
  Pipeline(RedisStore& store, std::span<const storage::Command> commands)
      : store_(store), commands_(commands), replies_(commands.size()) {}

  base::Result<std::vector<Reply>> run() {
    if (auto placed = place_all(); !placed) return std::unexpected(std::move(placed.error()));
    const base::TimePoint until = steady_clock::now() + store_.settings_.query_timeout;
    for (unsigned round = 0; !pending_.empty(); ++round) {
      if (round == kRounds || (round != 0 && steady_clock::now() > until)) {
        give_up(pending_, {.message = "the key is found nowhere in time"});
        break;
      }
      ask_all();
      if (std::exchange(moved_, false)) static_cast<void>(store_.refresh());
      if (std::exchange(try_again_, false)) std::this_thread::sleep_for(kTryAgainPause);
    }
    if (given_up_ == commands_.size() && given_up_ != 0) {
      return base::fail(last_error_, static_cast<int>(Fault::Unavailable));
    }
    return std::move(replies_);
  }

 private:
  struct Pending {
    std::size_t command = 0;
    Address at;
    bool asking = false;
    bool moved_over = false;  // from a node that is gone; not a second time
  };

  base::Result<> place_all() {
    auto topology = store_.topology();
    if (!topology) return std::unexpected(std::move(topology.error()));
    for (std::size_t i = 0; i < commands_.size(); ++i) {
      auto at = place(i, **topology);
      if (at) {
        pending_.push_back({.command = i, .at = std::move(*at)});
      } else {
        give_up(std::array{Pending{.command = i, .at = {}}}, at.error());
      }
    }
    return {};
  }

  void give_up(std::span<const Pending> group, const base::Error& error) {
    last_error_ = error.message;
    given_up_ += group.size();
    for (const Pending& one : group) {
      replies_[one.command] = {.kind = Reply::Kind::Error,
                               .text = fmt::format("{} {}", storage::kUnavailable, error.message)};
    }
  }

  base::Result<Address> place(std::size_t number, const Topology& topology) const {
    const storage::Command& command = commands_[number];
    if (!topology.is_cluster) return store_.hosts_[store_.current_.load() % store_.hosts_.size()];
    if (command.key == 0 || command.key >= command.words.size()) {
      const auto& masters = topology.slots.masters();
      const auto up =
          std::ranges::find_if(masters, [this](const Address& one) { return !store_.node(one)->is_down(); });
      return up == masters.end() ? masters.front() : *up;
    }
    const std::uint16_t slot = slot_of(command.words[command.key]);
    const Address* master = topology.slots.master_of(slot);
    if (master == nullptr) {
      static_cast<void>(store_.refresh());
      return base::fail(fmt::format("no node of the cluster has slot {}", slot), static_cast<int>(Fault::Unavailable));
    }
    return *master;
  }

  void ask_all() {
    std::vector<Pending> now = std::exchange(pending_, {});
    std::ranges::stable_sort(now, {}, &Pending::at);
    for (std::size_t begin = 0; begin < now.size();) {
      std::size_t end = begin + 1;
      while (end < now.size() && now[end].at == now[begin].at) ++end;
      ask_node(std::span(now).subspan(begin, end - begin));
      begin = end;
    }
  }

  // Those that one node is to be asked.
  void ask_node(std::span<const Pending> group) {
    const Address& address = group.front().at;
    const Words asking = {"ASKING"};
    std::vector<const Words*> words;
    for (const Pending& one : group) {
      if (one.asking) words.push_back(&asking);
      words.push_back(&commands_[one.command].words);
    }
    Node::Answer answer = store_.node(address)->exchange(words);
    if (!answer.replies) {
      on_silence(group, answer);
      return;
    }
    auto reply = answer.replies->begin();
    for (const Pending& one : group) {
      if (one.asking) ++reply;
      take(one, std::move(*reply));
      ++reply;
    }
  }

  // What wasn't sent may be asked of whoever has the keys now, once.
  void on_silence(std::span<const Pending> group, const Node::Answer& answer) {
    const auto before = store_.known_topology();
    if (answer.sent || before == nullptr) {
      give_up(group, answer.replies.error());
    } else if (!before->is_cluster) {
      next_host(group, answer);
    } else {
      static_cast<void>(store_.refresh());
      const auto now = store_.known_topology();
      for (const Pending& one : group) {
        auto at = place(one.command, *now);
        if (one.moved_over || !at || *at == one.at) {
          give_up(std::span(&one, 1), answer.replies.error());
        } else {
          pending_.push_back({.command = one.command, .at = std::move(*at), .moved_over = true});
        }
      }
    }
  }

  void next_host(std::span<const Pending> group, const Node::Answer& answer) {
    const std::size_t count = store_.hosts_.size();
    for (std::size_t step = 1; step < count && !group.front().moved_over; ++step) {
      const std::size_t number = (store_.current_.load() + step) % count;
      if (!store_.node(store_.hosts_[number])->probe({"PING"})) continue;
      store_.current_ = number;
      for (const Pending& one : group) {
        pending_.push_back({.command = one.command, .at = store_.hosts_[number], .moved_over = true});
      }
      return;
    }
    give_up(group, answer.replies.error());
  }

  void take(const Pending& one, Reply reply) {
    if (const auto redirection = Redirection::parse(reply, one.at)) {
      store_.statistics_.moved.add();
      moved_ = moved_ || !redirection->ask;
      pending_.push_back({.command = one.command, .at = redirection->to, .asking = redirection->ask});
    } else if (is_refusal(reply, "TRYAGAIN")) {
      try_again_ = true;
      pending_.push_back(one);
    } else if (is_unavailable(reply)) {
      give_up(std::span(&one, 1), {.message = fmt::format("{}: {}", one.at.text(), reply.text)});
    } else if (is_refusal(reply, "READONLY") && store_.hosts_.size() > 1 && !one.moved_over) {
      // A replica of a single server: another of the hosts is the master.
      store_.current_ = (store_.current_.load() + 1) % store_.hosts_.size();
      pending_.push_back({.command = one.command, .at = store_.hosts_[store_.current_], .moved_over = true});
    } else {
      replies_[one.command] = std::move(reply);
    }
  }

  RedisStore& store_;
  std::span<const storage::Command> commands_;
  std::vector<Reply> replies_;
  std::vector<Pending> pending_;
  bool moved_ = false;
  bool try_again_ = false;
  std::size_t given_up_ = 0;
  std::string last_error_;
};

base::Result<std::vector<Reply>> RedisStore::pipeline(std::span<const storage::Command> commands) {
  statistics_.queries.add(commands.size());
  auto replies = Pipeline(*this, commands).run();
  if (!replies) statistics_.failed.add(commands.size());
  return replies;
}

}  // namespace carillon::cachedb_redis
