// SPDX-License-Identifier: Apache-2.0
// See cachedb_local.h.
#include "modules/cachedb_local/cachedb_local.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/glob.h"
#include "base/log.h"
#include "base/strings.h"
#include "module/services.h"
#include "routing/proxy.h"
#include "shard/suspension.h"

namespace carillon::cachedb_local {
namespace {

using namespace module;

constexpr std::string_view kDefault = "default";
constexpr std::size_t kMaxCollections = 16;  // each is a table with timers of its own
constexpr std::size_t kMany = 10'000;        // of so many entries nobody looks through all in one go
constexpr std::size_t kMaxFetched = 10'000;

class LocalDriver final : public storage::KeyValueDriver {
 public:
  explicit LocalDriver(const CachedbLocal& module) : module_(module) {}
  [[nodiscard]] std::string_view scheme() const override { return "local"; }
  [[nodiscard]] base::Result<std::shared_ptr<storage::KeyValueStore>> open(const storage::KeyValueUrl& url) override {
    auto found = module_.collection(url.path);
    if (found == nullptr) return base::fail(fmt::format("cachedb_local: there is no collection \"{}\"", url.path));
    return found;
  }

 private:
  const CachedbLocal& module_;
};

base::Task<std::size_t> remove_matching(std::shared_ptr<LocalStore> store, shard::Shard& shard, std::string glob) {
  std::size_t removed = 0;
  for (std::size_t partition = 0; partition < LocalStore::partitions(); ++partition) {
    removed += store->remove_in(partition, [&glob](const std::string& key) { return base::glob_matches(glob, key); });
    if (store->size() > kMany) co_await shard.sleep(std::chrono::milliseconds(1));
  }
  co_return removed;
}

}  // namespace

base::Result<> CachedbLocal::set_cluster(const script::Value& value) {
  if (value.as_integer() != 0) return base::fail("collections are not replicated to other servers here");
  return {};
}

base::Result<> CachedbLocal::set_restart_persistency(const script::Value& value) {
  if (value.as_integer() != 0) return base::fail("collections are not kept over a restart here");
  return {};
}

base::Result<> CachedbLocal::set_persistency(const script::Value& value) {
  if (value.as_text() != "none" && value.as_text() != "sync-from-cluster") return base::fail("no such persistency");
  return {};
}

base::Result<> CachedbLocal::make_collections(Services& services) {
  std::string_view rest = cache_collections;
  std::vector<std::string> names;
  while (!rest.empty()) {
    std::string_view item = base::trim(base::take_until(rest, ';'));
    if (item.empty()) continue;
    std::string_view name = base::trim(base::take_until(item, '='));  // behind it: the exponent of a size not needed
    std::string_view flags = name;
    name = base::take_until(flags, '/');
    if (flags == "r") return base::fail(fmt::format("cache_collections: {} can't be replicated (/r)", name));
    if (!flags.empty()) return base::fail(fmt::format("cache_collections: {} has the unknown flag /{}", name, flags));
    if (name.empty()) return base::fail("cache_collections: a name is missing");
    if (!item.empty() && !base::parse_number<unsigned>(base::trim(item))) {
      return base::fail(fmt::format("cache_collections: the size of {} is no number", name));
    }
    if (std::ranges::find(names, name) == names.end()) names.emplace_back(name);
  }
  if (std::ranges::find(names, kDefault) == names.end()) names.emplace_back(kDefault);
  if (names.size() > kMaxCollections) return base::fail("cache_collections: there are too many");
  for (const std::string& name : names) {
    collections_.push_back(std::make_shared<LocalStore>(name, services.shards, room_));
  }
  return {};
}

base::Result<> CachedbLocal::start(Services& services) {
  if (max_memory < 1) return base::fail("max_memory must be at least 1");
  room_ = std::make_shared<Room>(static_cast<std::size_t>(max_memory) << 20);
  if (auto made = make_collections(services); !made) return made;
  services.key_values.add_driver(std::make_unique<LocalDriver>(*this));

  return name_collections(services);
}

// What scripts call them. The last URL of a group counts, as in OpenSIPS.
base::Result<> CachedbLocal::name_collections(Services& services) const {
  std::map<std::string, std::shared_ptr<LocalStore>> groups{{"", collection(kDefault)}};
  for (const std::string& text : cachedb_url) {
    const auto url = storage::KeyValueUrl::parse(text);
    if (!url) return std::unexpected(url.error());
    if (url->scheme != "local") return base::fail(fmt::format("cachedb_url: {} is not local:", url->display()));
    auto store = collection(url->path);
    if (store == nullptr) return base::fail(fmt::format("cachedb_url: there is no collection \"{}\"", url->path));
    groups.insert_or_assign(url->group, std::move(store));
  }
  for (const auto& store : collections_) {
    const bool named = std::ranges::any_of(groups, [&](const auto& group) { return group.second == store; });
    if (!named && store->name() != kDefault) {
      log::warning("cachedb_local: no cachedb_url names the collection \"{}\"", store->name());
    }
  }
  for (auto& [group, store] : groups) {
    if (auto added = services.key_values.add("local", group, std::move(store)); !added) return added;
  }
  return {};
}

void CachedbLocal::stop() {
  for (const auto& store : collections_) store->close();
}

std::shared_ptr<LocalStore> CachedbLocal::collection(std::string_view name) const {
  if (name.empty()) name = kDefault;
  const auto found = std::ranges::find(collections_, name, [](const auto& store) { return store->name(); });
  return found == collections_.end() ? nullptr : *found;
}

base::Task<Verdict> CachedbLocal::cache_remove_chunk(RouteContext& context, std::string_view collection_or_glob,
                                                     std::optional<std::string_view> glob) {
  auto store = collection(glob ? collection_or_glob : kDefault);
  if (store == nullptr) co_return kFalse;
  auto removing =
      remove_matching(std::move(store), context.proxy().shard(), std::string(glob.value_or(collection_or_glob)));
  co_await removing;
  co_return kTrue;
}

base::Result<CachedbLocal::Chunk> CachedbLocal::chunk_of(const management::Parameters& parameters) const {
  auto glob = parameters.text("glob");
  if (!glob) return std::unexpected(std::move(glob.error()));
  std::string name;
  if (parameters.has("collection")) {
    auto given = parameters.text("collection");
    if (!given) return std::unexpected(std::move(given.error()));
    name = std::move(*given);
  }
  auto store = collection(name);
  if (store == nullptr) return base::fail("No such collection", 404);
  return Chunk{std::move(store), std::move(*glob)};
}

base::Task<base::Result<management::Json>> CachedbLocal::remove_chunk(management::Parameters parameters) {
  auto chunk = chunk_of(parameters);
  if (!chunk) co_return std::unexpected(std::move(chunk.error()));
  auto removing = remove_matching(std::move(chunk->store), *shard::context.shard, std::move(chunk->glob));
  co_await removing;
  co_return management::Json("OK");
}

base::Task<base::Result<management::Json>> CachedbLocal::fetch_chunk(management::Parameters parameters) {
  const auto chunk = chunk_of(parameters);
  if (!chunk) co_return std::unexpected(chunk.error());
  shard::Shard& shard = *shard::context.shard;
  auto keys = management::Json::array();
  std::size_t found = 0;
  for (std::size_t partition = 0; partition < LocalStore::partitions() && found < kMaxFetched; ++partition) {
    chunk->store->for_each_in(partition, [&](const std::string& key, const std::string& value) {
      if (found >= kMaxFetched || !base::glob_matches(chunk->glob, key)) return;
      ++found;
      auto& row = keys.push_back(management::Json::object());
      row.add("name", key);
      row.add("value", value);
    });
    if (chunk->store->size() > kMany) co_await shard.sleep(std::chrono::milliseconds(1));
  }
  auto answer = management::Json::object();
  answer.add("keys", std::move(keys));
  co_return answer;
}

std::uint64_t CachedbLocal::entries() const {
  std::uint64_t sum = 0;
  for (const auto& store : collections_) sum += store->size();
  return sum;
}

std::uint64_t CachedbLocal::memory() const { return room_ == nullptr ? 0 : room_->used.load(); }

}  // namespace carillon::cachedb_local
