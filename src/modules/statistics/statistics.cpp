// SPDX-License-Identifier: Apache-2.0
// See statistics.h.
#include "modules/statistics/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <mutex>

#include "base/log.h"
#include "base/strings.h"
#include "routing/proxy.h"

namespace carillon::statistics {

using namespace module;
using script::Value;
using script::VariableRef;

namespace {

constexpr std::string_view kDynamic = "dynamic";
// Where a name without a group is looked for first.
constexpr auto kServerGroups = std::to_array<std::string_view>({"core", "net", "shmem", "load", "pkmem", "dns"});

// What the iterators of one run still have to show.
class Iterators final : public routing::RunData {
 public:
  struct Iterator {
    std::vector<metrics::Sample> samples;
    std::size_t next = 0;
  };
  std::map<std::string, Iterator, std::less<>> by_name;
};

Value number(std::uint64_t value) { return Value::integer(static_cast<std::int64_t>(value)); }

}  // namespace

// --- parameters and start

base::Result<> Statistics::add_variable(const Value& definition) {
  std::string_view flags = definition.as_text();
  const std::string_view name = base::trim(base::take_until(flags, '/'));
  if (name.empty() || name.back() == ':') return base::fail("a name is missing");
  flags = base::trim(flags);
  if (!flags.empty() && flags != "no_reset") return base::fail(fmt::format("there is no flag '{}'", flags));
  variables_.emplace_back(definition.as_text());
  return {};
}

base::Result<> Statistics::add_groups(const Value& names) {
  std::string_view rest = names.as_text();
  while (!rest.empty()) {
    const std::string_view group = base::trim(base::take_until(rest, ','));
    if (group.empty() || group.find(':') != std::string_view::npos) {
      return base::fail("must be names with commas in between");
    }
    if (!has_group(group)) groups_.emplace_back(group);
  }
  return {};
}

base::Result<> Statistics::add_series_profile(const Value& definition) {
  auto profile = SeriesProfile::parse(definition.as_text());
  if (!profile) return std::unexpected(std::move(profile.error()));
  const std::string name = profile->name;
  if (profiles_.contains(name)) return base::fail(fmt::format("there is a profile {} already", name));
  profiles_.try_emplace(name, Profile{.profile = std::move(*profile), .series = {}});
  return {};
}

base::Result<> Statistics::start(Services& services) {
  services_.emplace(services);
  targets_ = std::make_unique<shard::PartitionedTable<std::string, Target>>(services.shards);
  if (max_statistics < 1) return base::fail("max_statistics must be at least 1");
  for (const std::string& definition : variables_) {
    std::string_view flags = definition;
    FullName full = split(base::trim(base::take_until(flags, '/')));
    if (full.group.empty()) full.group = kDynamic;
    if (base::trim(flags).empty()) {
      if (auto made = services.statistics.counter(full.group, full.name); !made) {
        return std::unexpected(std::move(made.error()));
      }
    } else {
      metrics::Gauge& gauge = gauges_.emplace_back();
      if (auto added = services.statistics.add(full.group, full.name, gauge); !added) return added;
      gauges_by_name_.emplace(fmt::format("{}:{}", full.group, full.name), &gauge);
    }
  }
  return {};
}

void Statistics::stop() { targets_.reset(); }

// --- names

Statistics::FullName Statistics::split(std::string_view name) {
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return {.group = {}, .name = std::string(name)};
  return {.group = std::string(name.substr(0, colon)), .name = std::string(name.substr(colon + 1))};
}

bool Statistics::has_group(std::string_view group) const { return std::ranges::find(groups_, group) != groups_.end(); }

std::string Statistics::group_of(std::string_view name) const {
  for (const std::string_view group : kServerGroups) {
    if (!services_->statistics.read(fmt::format("{}:{}", group, name)).empty()) return std::string(group);
  }
  if (!services_->statistics.read(fmt::format("{}:{}", kDynamic, name)).empty()) return std::string(kDynamic);
  const auto others = services_->statistics.read(name);
  return others.empty() ? std::string() : others.front().group;
}

std::optional<metrics::Sample> Statistics::sample(std::string_view name) const {
  FullName full = split(name);
  if (full.name.empty() || full.name == "all") return std::nullopt;
  if (full.group.empty()) full.group = group_of(full.name);
  if (full.group.empty()) return std::nullopt;
  auto samples = services_->statistics.read(fmt::format("{}:{}", full.group, full.name));
  if (samples.empty()) return std::nullopt;
  return std::move(samples.front());
}

// A statistic of whichever group has it; otherwise a new one, if its group is known.
base::Result<Statistics::Target> Statistics::make(const FullName& full) {
  const std::string group = !full.group.empty() ? full.group : group_of(full.name);
  if (const auto gauge = gauges_by_name_.find(fmt::format("{}:{}", group, full.name)); gauge != gauges_by_name_.end()) {
    return Target{.counter = nullptr, .gauge = gauge->second};
  }
  if (!group.empty() && !services_->statistics.read(fmt::format("{}:{}", group, full.name)).empty()) {
    const auto counter = services_->statistics.counter(group, full.name);
    if (!counter) return std::unexpected(counter.error());
    return Target{.counter = *counter, .gauge = nullptr};
  }
  if (!group.empty() && !has_group(group)) {
    return base::fail(fmt::format("there is no group {}; stat_groups names those of the script", group));
  }
  if (made_.fetch_add(1) >= max_statistics) {
    made_.fetch_sub(1);
    return base::fail(fmt::format("the script has made {} statistics, as many as max_statistics allows", made_.load()));
  }
  const auto counter = services_->statistics.counter(group.empty() ? kDynamic : group, full.name);
  if (!counter) return std::unexpected(counter.error());
  return Target{.counter = *counter, .gauge = nullptr};
}

base::Result<Statistics::Target> Statistics::find_or_make(std::string_view name) {
  const auto known = targets_->with(
      name, [](auto& entry) { return entry.value() == nullptr ? std::nullopt : std::optional(*entry.value()); });
  if (known) return *known;
  const FullName full = split(name);
  if (full.name.empty() || (full.group.empty() && name.find(':') != std::string_view::npos)) {
    return base::fail(fmt::format("'{}' is no name of a statistic", name));
  }
  const auto target = make(full);
  if (!target) return target;
  targets_->with(name, [&target](auto& entry) {
    if (entry.value() == nullptr) entry.create(*target);
  });
  return target;
}

// --- functions

Verdict Statistics::update_stat(RouteContext& /*context*/, std::string_view variable, int value) {
  const auto target = find_or_make(variable);
  if (!target) {
    log::error("update_stat(): {}", target.error().message);
    return kFalse;
  }
  if (target->gauge != nullptr) {
    target->gauge->add(value);
  } else {
    // Counters go by modular arithmetic: what a negative number takes away is gone.
    target->counter->add(static_cast<std::uint64_t>(static_cast<std::int64_t>(value)));
  }
  return kTrue;
}

Verdict Statistics::reset_stat(RouteContext& /*context*/, std::string_view variable) {
  const auto found = sample(variable);
  if (!found) {
    log::error("reset_stat(): there is no statistic {}", variable);
    return kFalse;
  }
  return Verdict::of(services_->statistics.reset(fmt::format("{}:{}", found->group, found->name)));
}

Verdict Statistics::stat_iter_init(RouteContext& context, std::string_view group, std::string_view iterator) {
  constexpr std::size_t kMaxIterators = 100;
  auto& iterators = context.of_run<Iterators>(this).by_name;
  if (group.find(':') != std::string_view::npos || iterators.size() >= kMaxIterators) return kFalse;
  auto samples = services_->statistics.read(fmt::format("{}:", group));
  if (samples.empty() && !has_group(group)) {
    log::error("stat_iter_init(): there is no group {}", group);
    return kFalse;
  }
  iterators.insert_or_assign(std::string(iterator), Iterators::Iterator{.samples = std::move(samples)});
  return kTrue;
}

Verdict Statistics::stat_iter_next(RouteContext& context, Output name, Output value, std::string_view iterator) {
  auto& iterators = context.of_run<Iterators>(this).by_name;
  const auto found = iterators.find(iterator);
  if (found == iterators.end()) {
    log::error("stat_iter_next(): stat_iter_init() has not been called for {}", iterator);
    return kFalse;
  }
  auto& [samples, next] = found->second;
  if (next == samples.size()) return kFalse;
  const metrics::Sample& sample = samples[next++];
  const bool named = name.assign(Value::text(context.keep(sample.name)));
  return Verdict::of(value.assign(number(sample.value)) && named);
}

base::Result<Series*> Statistics::find_or_make(Profile& profile, std::string_view name) {
  {
    const std::shared_lock lock(series_mutex_);
    const auto found = profile.series.find(name);
    if (found != profile.series.end()) return found->second.get();
  }
  Series* made = nullptr;
  {
    const std::unique_lock lock(series_mutex_);
    const auto found = profile.series.find(name);
    if (found != profile.series.end()) return found->second.get();
    if (made_.load() >= max_statistics) {
      return base::fail(
          fmt::format("the script has made {} statistics, as many as max_statistics allows", made_.load()));
    }
    made_.fetch_add(1);
    made = profile.series.emplace(std::string(name), std::make_unique<Series>(profile.profile)).first->second.get();
  }
  const base::Clock& clock = services_->clock;
  auto added = services_->statistics.add(profile.profile.group, name, [made, &clock] {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(made->value(clock.now()), 0));
  });
  // Its values count all the same; there is only no place to show them.
  if (!added) log::error("update_stat_series(): {}", added.error().message);
  return made;
}

Verdict Statistics::update_stat_series(RouteContext& context, std::string_view profile, std::string_view variable,
                                       int value) {
  const auto found = profiles_.find(profile);
  if (found == profiles_.end()) {
    log::error("update_stat_series(): there is no profile {}", profile);
    return kFalse;
  }
  if (variable.empty() || variable.find(':') != std::string_view::npos) {
    log::error("update_stat_series(): '{}' is no name of a statistic", variable);
    return kFalse;
  }
  const auto series = find_or_make(found->second, variable);
  if (!series) {
    log::error("update_stat_series(): {}", series.error().message);
    return kFalse;
  }
  (*series)->add(value, context.proxy().clock().now());
  return kTrue;
}

// --- $stat

Value Statistics::read(RouteContext& /*context*/, const VariableRef& ref) {
  const auto found = sample(ref.sub_name);
  return found ? number(found->value) : Value::null();
}

base::Result<> Statistics::write(RouteContext& /*context*/, const VariableRef& ref, const Value& value) {
  const auto found = sample(ref.sub_name);
  if (!found) return base::fail(fmt::format("there is no statistic {}", ref.sub_name));
  if (value.is_true()) log::warning("$stat({}): whatever is assigned, a statistic becomes 0", ref.sub_name);
  static_cast<void>(services_->statistics.reset(fmt::format("{}:{}", found->group, found->name)));
  return {};
}

}  // namespace carillon::statistics
