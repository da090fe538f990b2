// SPDX-License-Identifier: Apache-2.0
// See sql_cacher.h.
#include "modules/sql_cacher/sql_cacher.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "module/services.h"
#include "routing/proxy.h"
#include "script/avp.h"
#include "shard/context.h"
#include "shard/suspension.h"

namespace carillon::sql_cacher {

using management::Json;
using module::Constant;
using module::kFalse;
using module::kTrue;
using routing::OwnedValue;
using script::Value;

namespace {

constexpr int kNotFound = 404;
constexpr int kFailed = 500;

struct ToOwned {
  bool bigint_to_str;

  OwnedValue operator()(storage::Null /*cell*/) const { return {}; }
  OwnedValue operator()(std::int64_t cell) const {
    if (bigint_to_str && !std::in_range<std::int32_t>(cell)) return {.text = fmt::format_int(cell).str()};
    return {.number = cell};
  }
  OwnedValue operator()(double cell) const { return {.text = storage::to_text(cell)}; }
  OwnedValue operator()(const std::string& cell) const { return {.text = cell}; }
  OwnedValue operator()(const storage::Blob& cell) const { return {.text = cell.bytes}; }
  OwnedValue operator()(storage::DateTime cell) const { return {.number = cell.unix_seconds}; }
};

Value to_script(RouteContext& context, const OwnedValue& value) {
  if (value.text) return Value::text(context.keep(*value.text));
  return value.number ? Value::integer(*value.number) : Value::null();
}

std::optional<std::size_t> place_of(const std::vector<std::string>& columns, std::string_view column) {
  const auto found = std::ranges::find_if(columns, [&](const auto& one) { return base::iequals(one, column); });
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

}  // namespace

base::Result<AvpNames> AvpNames::parse(std::string_view text) {
  AvpNames avps;
  while (!base::trim(text).empty()) {
    const std::string_view part = base::trim(base::take_until(text, ';'));
    constexpr std::string_view kBegin = "$avp(";
    if (!part.starts_with(kBegin) || !part.ends_with(')') || part.size() <= kBegin.size() + 1) {
      return base::fail(fmt::format("'{}' is not of the form $avp(name)", part));
    }
    avps.names.emplace_back(part.substr(kBegin.size(), part.size() - kBegin.size() - 1));
  }
  if (avps.names.empty()) return base::fail("must be of the form $avp(a);$avp(b)");
  return avps;
}

base::Result<> SqlCacher::start(module::Services& services) {
  shards_ = &services.shards;
  for (const std::string* delimiter : {&spec_delimiter, &pvar_delimiter, &columns_delimiter}) {
    if (delimiter->size() != 1) return base::fail("a delimiter must be a single character");
  }
  if (reload_interval >= full_caching_expire)
    return base::fail("reload_interval must be less than full_caching_expire");
  kept_ = std::make_unique<KeptRows>(services.shards);
  if (auto opened = open_caches(services); !opened) return opened;
  const auto is_full = [](const auto& cache) { return !cache->spec().on_demand; };
  if (std::ranges::any_of(caches_, is_full)) {
    services.shards.post(0, [this](shard::Shard& shard) { refreshing_ = refresh(shard); });
  }
  return {};
}

base::Result<> SqlCacher::open_caches(module::Services& services) {
  for (const std::string& text : cache_tables) {
    auto spec = CacheSpec::parse(text, spec_delimiter.front(), columns_delimiter.front());
    if (!spec) return base::fail(fmt::format("cache_table: {}", spec.error().message));
    if (find(spec->id) != nullptr) return base::fail(fmt::format("there are two cache_table '{}'", spec->id));
    auto cache = std::make_unique<RowCache>(std::move(*spec), caches_.size(),
                                            static_cast<std::size_t>(std::max(max_rows_on_demand, 1)), kept_);
    if (auto opened = cache->open(services); !opened) {
      return base::fail(fmt::format("{}: {}", cache->spec().id, opened.error().message));
    }
    caches_.push_back(std::move(cache));
  }
  return {};
}

void SqlCacher::stop() {
  refreshing_ = {};
  for (const auto& cache : caches_) cache->close();
  kept_.reset();
}

base::Running SqlCacher::refresh(shard::Shard& shard) {
  base::Duration pause = full_caching_expire - reload_interval;
  while (true) {
    co_await shard.sleep(pause);
    bool failed = false;
    for (const auto& cache : caches_) {
      if (cache->spec().on_demand) continue;
      const auto reloaded = co_await cache->reload(shard);
      if (reloaded) continue;
      failed = true;
      log::error("sql_cacher: {} was not read again: {}", cache->spec().id, reloaded.error().message);
    }
    pause = failed ? std::max<base::Duration>(reload_interval, std::chrono::seconds(1))
                   : base::Duration(full_caching_expire - reload_interval);
  }
}

RowCache* SqlCacher::find(std::string_view id) const {
  const auto found = std::ranges::find_if(caches_, [&](const auto& cache) { return cache->spec().id == id; });
  return found == caches_.end() ? nullptr : found->get();
}

OwnedValue SqlCacher::value_of(const std::vector<std::string>& columns, const Row& row, std::string_view column) const {
  if (row == nullptr) return {};
  const auto place = place_of(columns, column);
  if (place && *place < row->size()) return std::visit(ToOwned{bigint_to_str}, (*row)[*place]);
  log::warning("sql_cacher: there is no column '{}'", column);
  return {};
}

base::Task<OwnedValue> SqlCacher::fetch(RowCache& cache, shard::Shard& shard, std::string key,
                                        std::string column) const {
  const auto found = co_await cache.fetch(shard, std::move(key));
  if (!found) {
    cache.database().log_error("sql_cacher: {}: {}", cache.spec().id, found.error().message);
    co_return OwnedValue{};
  }
  co_return value_of(*found->columns, found->row, column);
}

script::ReadResult SqlCacher::cached_value(RouteContext& context, const script::VariableRef& ref) {
  const auto name = ValueName::parse(ref.sub_name, pvar_delimiter.front());
  RowCache* cache = name ? find(name->id) : nullptr;
  if (cache == nullptr) {
    log::warning("$sql_cached_value({}): no cache_table has this id", ref.sub_name);
    return script::ReadResult::error();
  }
  if (!cache->spec().on_demand) {
    const auto rows = cache->rows();
    const auto row = rows->by_key.find(name->key);
    if (row == rows->by_key.end()) return Value::null();
    return to_script(context, value_of(rows->columns, row->second, name->column));
  }
  if (const auto kept = cache->find(name->key)) {
    return to_script(context, value_of(*kept->columns, kept->row, name->column));
  }
  return context.start_read(fetch(*cache, context.proxy().shard(), std::string(name->key), std::string(name->column)));
}

// All rows: a column an AVP, index 0 the first row.
Verdict SqlCacher::sql_cache_dump(RouteContext& context, std::string_view caching_id, std::string_view columns,
                                  Constant<AvpNames> result_avps) {
  const RowCache* cache = find(caching_id);
  if (cache == nullptr || cache->spec().on_demand) {
    log::error("sql_cache_dump(): '{}' is no cache_table that is kept whole", caching_id);
    return kFalse;
  }
  const auto rows = cache->rows();
  if (rows->by_key.empty()) return -2;
  std::vector<std::string_view> names;
  while (!columns.empty()) {
    const std::string_view column = base::trim(base::take_until(columns, columns_delimiter.front()));
    if (!column.empty()) names.push_back(column);
  }
  if (names.size() != result_avps->names.size()) {
    log::error("sql_cache_dump(): {} columns for {} AVPs", names.size(), result_avps->names.size());
    return kFalse;
  }
  for (const auto& [key, row] : rows->by_key) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      Value value = to_script(context, value_of(rows->columns, row, names[i]));
      if (value.is_null()) value = Value::text("<null>");
      context.avps().push(script::AvpName(result_avps->names[i]), value);
    }
  }
  return kTrue;
}

base::Task<base::Result<Json>> SqlCacher::reload(management::Parameters parameters) {
  const auto id = parameters.text("id");
  const auto key = parameters.has("key") ? parameters.text("key") : base::Result<std::string>();
  if (!id || !key) co_return std::unexpected(!id ? id.error() : key.error());
  RowCache* cache = find(*id);
  if (cache == nullptr) co_return base::fail("No such cache", kNotFound);
  shard::Shard& shard = *shard::context.shard;
  base::Result<> done;
  if (!cache->spec().on_demand) {
    if (parameters.has("key")) co_return base::fail("A key is for caches on demand", 400);
    done = co_await cache->reload(shard);
  } else if (parameters.has("key")) {
    const auto fetched = co_await cache->fetch(shard, *key);
    if (!fetched) done = std::unexpected(fetched.error());
  } else {
    cache->forget_all();
  }
  if (!done) {
    log::error("sql_cacher: {} was not read again: {}", *id, done.error().message);
    co_return base::fail(done.error().message, kFailed);
  }
  co_return Json("OK");
}

}  // namespace carillon::sql_cacher
