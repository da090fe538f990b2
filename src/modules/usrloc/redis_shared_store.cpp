// SPDX-License-Identifier: Apache-2.0
// SharedStore in Redis. An AoR is a hash of its contacts; the keys of a bucket have one hash tag, so that a script
// changes an AoR, the bucket's counter and its index as one operation, and tells all servers.
#include <fmt/format.h>

#include <mutex>
#include <utility>

#include "base/strings.h"
#include "modules/usrloc/shared_store.h"
#include "storage/driver.h"

namespace carillon::usrloc {
namespace {

using storage::Command;
using storage::Fault;
using storage::Reply;

// KEYS: the AoR, head and index of its bucket. ARGV: now, channel, bucket, server, AoR, an epoch for a new bucket, then
// identity, value and time of expiry of each entry. Returns the identities and values that are newer.
constexpr std::string_view kMerge = R"lua(
local won, newer, last, forever = {}, {}, 0, false
for i = 7, #ARGV, 3 do
  local old = redis.call('HGET', KEYS[1], ARGV[i])
  local mine = string.sub(ARGV[i + 1], 1, 16)
  local theirs = old and string.sub(old, 1, 16) or ''
  if theirs < mine then
    won[#won + 1] = ARGV[i]
    won[#won + 1] = ARGV[i + 1]
    local expires = tonumber(ARGV[i + 2])
    if expires == 0 then forever = true elseif expires > last then last = expires end
  elseif mine < theirs then
    newer[#newer + 1] = ARGV[i]
    newer[#newer + 1] = old
  end
end
if #won == 0 then return newer end
local ttl = redis.call('TTL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(won))
if ttl ~= -1 then
  local keep = math.max(last - tonumber(ARGV[1]), 0) + 60
  if not forever and keep > ttl then
    redis.call('EXPIRE', KEYS[1], keep)
  elseif forever then
    redis.call('PERSIST', KEYS[1])
  end
end
local epoch = redis.call('HGET', KEYS[2], 'epoch')
if not epoch then
  epoch = ARGV[6]
  redis.call('HSET', KEYS[2], 'epoch', epoch)
end
local sequence = string.format('%.0f', redis.call('HINCRBY', KEYS[2], 'sequence', 1))
redis.call('ZADD', KEYS[3], sequence, ARGV[5])
local function text(t) return #t .. ':' .. t end
local message = { text(ARGV[3]), text(sequence), text(epoch), text(ARGV[4]), text(ARGV[5]) }
for i = 1, #won do message[#message + 1] = text(won[i]) end
redis.call('PUBLISH', ARGV[2], table.concat(message))
return newer
)lua";

// KEYS: the AoR, the index of its bucket. ARGV: now, AoR.
constexpr std::string_view kPrune = R"lua(
local all = redis.call('HGETALL', KEYS[1])
local left = 0
for i = 1, #all, 2 do
  local expires = tonumber(string.match(all[i + 1], '^%x+ (%d+) '))
  if expires and expires ~= 0 and expires + 60 < tonumber(ARGV[1]) then
    redis.call('HDEL', KEYS[1], all[i])
  else
    left = left + 1
  end
end
if left == 0 then redis.call('ZREM', KEYS[2], ARGV[2]) end
)lua";

std::unexpected<base::Error> failure(const Reply& reply) {
  return base::fail(
      reply.text, static_cast<int>(reply.text.starts_with(storage::kUnavailable) ? Fault::Unavailable : Fault::Other));
}

// Names and values, as HGETALL and the script answer them. What is no entry is left out.
std::vector<SharedEntry> entries_of(const Reply& reply) {
  std::vector<SharedEntry> entries;
  for (std::size_t i = 0; i + 1 < reply.list.size(); i += 2) {
    if (auto entry = SharedEntry::read(reply.list[i].text, reply.list[i + 1].text))
      entries.push_back(std::move(*entry));
  }
  return entries;
}

// A script that servers keep once they were sent it.
class Script {
 public:
  explicit Script(std::string_view text) : text_(text) {}

  // The replies to the commands, whose first word stands for the script.
  base::Result<std::vector<Reply>> run(storage::KeyValueStore& store, std::vector<Command> commands) {
    const std::string digest = digest_in(store);
    for (Command& command : commands) set(command, digest);
    auto replies = store.pipeline(commands);
    if (!replies || digest.empty()) return replies;
    std::vector<std::size_t> unknown;
    std::vector<Command> again;
    for (std::size_t i = 0; i < replies->size(); ++i) {
      if (!(*replies)[i].is_error() || !(*replies)[i].text.starts_with("NOSCRIPT")) continue;
      unknown.push_back(i);
      again.push_back(std::move(commands[i]));
      set(again.back(), {});
    }
    if (unknown.empty()) return replies;
    auto others = store.pipeline(again);
    if (!others) return others;
    for (std::size_t i = 0; i < unknown.size(); ++i) (*replies)[unknown[i]] = std::move((*others)[i]);
    return replies;
  }

 private:
  void set(Command& command, const std::string& digest) const {
    command.words[0] = digest.empty() ? "EVAL" : "EVALSHA";
    command.words[1] = digest.empty() ? std::string(text_) : digest;
  }

  // Empty while no server has told it.
  std::string digest_in(storage::KeyValueStore& store) {
    const std::scoped_lock lock(mutex_);
    if (digest_.empty()) {
      auto reply = store.command({{"SCRIPT", "LOAD", std::string(text_)}, 0});
      if (reply && reply->kind == Reply::Kind::Text) digest_ = std::move(reply->text);
    }
    return digest_;
  }

  std::string_view text_;
  std::mutex mutex_;
  std::string digest_;
};

class RedisSharedStore final : public SharedStore {
 public:
  RedisSharedStore(std::shared_ptr<storage::KeyValueStore> store, std::string table, std::string server,
                   const base::Clock& clock)
      : store_(std::move(store)), table_(std::move(table)), server_(std::move(server)), clock_(clock) {}

  std::vector<base::Result<std::vector<SharedEntry>>> push(std::span<const Push> pushes) override {
    std::vector<Command> commands;
    const std::string now = std::to_string(clock_.unix_seconds());
    for (const Push& push : pushes) {
      const std::uint32_t bucket = bucket_of(push.aor);
      Command& command = commands.emplace_back();
      command.key = 3;
      command.words = {"",
                       "",
                       "3",
                       aor_key(push.aor),
                       key(bucket, "head"),
                       key(bucket, "index"),
                       now,
                       channel(),
                       std::to_string(bucket),
                       server_,
                       push.aor,
                       new_epoch()};
      for (const SharedEntry& entry : push.entries) {
        command.words.push_back(entry.identity);
        command.words.push_back(entry.value());
        command.words.push_back(std::to_string(entry.expires));
      }
    }
    auto replies = merge_.run(*store_, std::move(commands));
    std::vector<base::Result<std::vector<SharedEntry>>> newer;
    for (std::size_t i = 0; i < pushes.size(); ++i) {
      if (!replies) {
        newer.emplace_back(std::unexpected(replies.error()));
      } else if ((*replies)[i].is_error()) {
        newer.emplace_back(failure((*replies)[i]));
      } else {
        newer.emplace_back(entries_of((*replies)[i]));
      }
    }
    return newer;
  }

  std::vector<std::optional<Head>> heads() override {
    std::vector<Command> commands;
    for (std::uint32_t bucket = 0; bucket < kBuckets; ++bucket) {
      commands.push_back({{"HMGET", key(bucket, "head"), "sequence", "epoch"}});
    }
    std::vector<std::optional<Head>> heads(kBuckets);
    const auto replies = store_->pipeline(commands);
    for (std::uint32_t bucket = 0; replies && bucket < kBuckets; ++bucket) {
      const Reply& reply = (*replies)[bucket];
      if (reply.kind != Reply::Kind::List || reply.list.size() != 2) continue;
      heads[bucket] = Head{.sequence = base::parse_number<std::uint64_t>(reply.list[0].text).value_or(0),
                           .epoch = reply.list[1].text};
    }
    return heads;
  }

  base::Result<std::vector<std::string>> aors_since(std::uint32_t bucket, std::uint64_t sequence) override {
    const auto reply = store_->command({{"ZRANGEBYSCORE", key(bucket, "index"), fmt::format("({}", sequence), "+inf"}});
    if (!reply) return std::unexpected(reply.error());
    if (reply->kind != Reply::Kind::List) return failure(*reply);
    std::vector<std::string> aors;
    aors.reserve(reply->list.size());
    for (const Reply& aor : reply->list) aors.push_back(aor.text);
    return aors;
  }

  base::Result<std::vector<std::vector<SharedEntry>>> read(std::span<const std::string> aors) override {
    std::vector<Command> commands;
    for (const std::string& aor : aors) commands.push_back({{"HGETALL", aor_key(aor)}});
    const auto replies = store_->pipeline(commands);
    if (!replies) return std::unexpected(replies.error());
    std::vector<std::vector<SharedEntry>> all;
    for (const Reply& reply : *replies) {
      if (reply.kind != Reply::Kind::List) return failure(reply);
      all.push_back(entries_of(reply));
    }
    return all;
  }

  void prune(std::span<const std::string> aors) override {
    std::vector<Command> commands;
    for (const std::string& aor : aors) {
      commands.push_back(
          {{"", "", "2", aor_key(aor), key(bucket_of(aor), "index"), std::to_string(clock_.unix_seconds()), aor}, 3});
    }
    static_cast<void>(prune_.run(*store_, std::move(commands)));
  }

  base::Result<std::unique_ptr<storage::Subscription>> subscribe() override { return store_->subscribe(channel()); }

  base::Result<bool> take_lease(std::string_view owner, std::chrono::milliseconds duration) override {
    return store_->take_lease(lease(), owner, duration);
  }
  void end_lease(std::string_view owner) override { static_cast<void>(store_->end_lease(lease(), owner)); }

 private:
  [[nodiscard]] std::string key(std::uint32_t bucket, std::string_view what) const {
    return fmt::format("usrloc:{{{}:{}}}:{}", table_, bucket, what);
  }
  [[nodiscard]] std::string aor_key(const std::string& aor) const { return key(bucket_of(aor), "aor:" + aor); }
  [[nodiscard]] std::string channel() const { return fmt::format("usrloc:{}:changes", table_); }
  [[nodiscard]] std::string lease() const { return fmt::format("usrloc:{}:pings", table_); }
  // Of a bucket without changes, should this be its first.
  [[nodiscard]] std::string new_epoch() const { return fmt::format("{}-{}", server_, clock_.unix_microseconds()); }

  std::shared_ptr<storage::KeyValueStore> store_;  // shared with others who named its URL
  const std::string table_;
  const std::string server_;
  const base::Clock& clock_;
  Script merge_{kMerge};
  Script prune_{kPrune};
};

}  // namespace

std::unique_ptr<SharedStore> make_redis_shared_store(std::shared_ptr<storage::KeyValueStore> store, std::string table,
                                                     std::string server, const base::Clock& clock) {
  return std::make_unique<RedisSharedStore>(std::move(store), std::move(table), std::move(server), clock);
}

}  // namespace carillon::usrloc
