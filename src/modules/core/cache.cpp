// SPDX-License-Identifier: Apache-2.0
// Core functions on stores of keys and values: cache_store() and its kin. A store behind the network suspends the run.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "module/key_value_job.h"
#include "modules/core/core.h"
#include "storage/key_value.h"

namespace carillon::core {
namespace {

using namespace module;
using storage::KeyValueStore;
using Store = std::shared_ptr<KeyValueStore>;

constexpr int kNotFound = -2;

Verdict failed(std::string_view function, std::string_view id, const base::Error& error) {
  log::warning("{}(\"{}\"): {}", function, id, error.message);
  return kFalse;
}

std::chrono::seconds lifetime(std::optional<int> seconds) {
  return std::chrono::seconds(std::max(seconds.value_or(0), 0));
}

}  // namespace

base::Result<AvpNames> AvpNames::parse(std::string_view text) {
  AvpNames names;
  while (!text.empty()) {
    std::string_view name = base::trim(base::take_until(text, ';'));
    if (name.empty()) continue;
    if (!name.starts_with("$avp(") || !name.ends_with(')'))
      return base::fail(fmt::format("'{}' is no $avp(name)", name));
    name.remove_prefix(5);
    name.remove_suffix(1);
    if (name.empty() || name.find_first_of("()$") != std::string_view::npos) return base::fail("no name of an AVP");
    names.names.emplace_back(name);
  }
  if (names.names.empty()) return base::fail("no AVP is named");
  return names;
}

Store Core::store_of(std::string_view function, std::string_view id) const {
  Store store = key_values_->find(id);
  if (store == nullptr) log::error("{}(): there is no store \"{}\"", function, id);
  return store;
}

base::Task<Verdict> Core::cache_store(RouteContext& context, std::string_view id, std::string_view key,
                                      std::string_view value, std::optional<int> seconds) {
  Store store = store_of("cache_store", id);
  if (store == nullptr) co_return kFalse;
  const std::string name(id);
  auto job = [key = std::string(key), value = std::string(value), seconds](KeyValueStore& in) {
    return in.set(key, value, lifetime(seconds));
  };
  const auto stored = co_await run_on(*store, *shards_, context.proxy().shard(), std::move(job));
  co_return stored ? kTrue : failed("cache_store", name, stored.error());
}

base::Task<Verdict> Core::cache_remove(RouteContext& context, std::string_view id, std::string_view key) {
  Store store = store_of("cache_remove", id);
  if (store == nullptr) co_return kFalse;
  const std::string name(id);
  auto job = [key = std::string(key)](KeyValueStore& in) { return in.remove(key); };
  const auto removed = co_await run_on(*store, *shards_, context.proxy().shard(), std::move(job));
  co_return removed ? kTrue : failed("cache_remove", name, removed.error());
}

base::Task<Verdict> Core::cache_fetch(RouteContext& context, std::string_view id, std::string_view key,
                                      Output destination) {
  Store store = store_of("cache_fetch", id);
  if (store == nullptr) co_return kFalse;
  const std::string name(id);
  auto job = [key = std::string(key)](KeyValueStore& in) { return in.get(key); };
  const auto fetched = co_await run_on(*store, *shards_, context.proxy().shard(), std::move(job));
  if (!fetched) co_return failed("cache_fetch", name, fetched.error());
  if (!*fetched) co_return kNotFound;
  co_return Verdict::of(destination.assign(script::Value::text(context.keep(**fetched))));
}

base::Task<Verdict> Core::cache_counter_fetch(RouteContext& context, std::string_view id, std::string_view key,
                                              Output destination) {
  Store store = store_of("cache_counter_fetch", id);
  if (store == nullptr) co_return kFalse;
  const std::string name(id);
  auto job = [key = std::string(key)](KeyValueStore& in) { return in.counter(key); };
  const auto fetched = co_await run_on(*store, *shards_, context.proxy().shard(), std::move(job));
  if (!fetched) co_return failed("cache_counter_fetch", name, fetched.error());
  if (!*fetched) co_return kNotFound;
  co_return Verdict::of(destination.assign(script::Value::integer(**fetched)));
}

base::Task<Verdict> Core::cache_change(RouteContext& context, std::string_view function, std::string_view id,
                                       std::string_view key, std::int64_t amount, int seconds,
                                       std::optional<Output> sum) {
  Store store = store_of(function, id);
  if (store == nullptr) co_return kFalse;
  const std::string name(id);
  auto job = [key = std::string(key), amount, seconds](KeyValueStore& in) {
    return in.add(key, amount, lifetime(seconds));
  };
  const auto changed = co_await run_on(*store, *shards_, context.proxy().shard(), std::move(job));
  if (!changed) co_return failed(function, name, changed.error());
  co_return Verdict::of(!sum || sum->assign(script::Value::integer(*changed)));
}

base::Task<Verdict> Core::cache_add(RouteContext& context, std::string_view id, std::string_view key, int amount,
                                    int seconds, std::optional<Output> sum) {
  return cache_change(context, "cache_add", id, key, amount, seconds, sum);
}

base::Task<Verdict> Core::cache_sub(RouteContext& context, std::string_view id, std::string_view key, int amount,
                                    int seconds, std::optional<Output> sum) {
  return cache_change(context, "cache_sub", id, key, -static_cast<std::int64_t>(amount), seconds, sum);
}

base::Task<Verdict> Core::cache_raw_query(RouteContext& context, std::string_view id, std::string_view query,
                                          std::optional<Constant<AvpNames>> destinations) {
  Store store = store_of("cache_raw_query", id);
  if (store == nullptr) co_return kFalse;
  const std::string name(id);
  auto job = [query = std::string(query)](KeyValueStore& in) { return in.raw(query); };
  const auto rows = co_await run_on(*store, *shards_, context.proxy().shard(), std::move(job));
  if (!rows) co_return failed("cache_raw_query", name, rows.error());
  if (rows->empty()) co_return kNotFound;
  if (!destinations) co_return kTrue;
  // Backwards, so that index 0 is the first row.
  for (std::size_t row = rows->size(); row-- > 0;) {
    const auto& columns = (*rows)[row];
    for (std::size_t column = 0; column < std::min(columns.size(), (*destinations)->names.size()); ++column) {
      if (!columns[column]) continue;
      context.avps().push((*destinations)->names[column], script::Value::text(*columns[column]));
    }
  }
  co_return kTrue;
}

}  // namespace carillon::core
