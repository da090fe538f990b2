// SPDX-License-Identifier: Apache-2.0
// Statistics by name: "all", "group:", "group:name" and "name".
#include "metrics/registry.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace carillon::metrics {

base::Result<> Registry::insert(std::string_view group, Entry entry) {
  const std::unique_lock lock(mutex_);
  auto& entries = groups_.try_emplace(std::string(group)).first->second;
  if (std::ranges::find(entries, entry.name, &Entry::name) != entries.end()) {
    return base::fail("statistic " + std::string(group) + ":" + entry.name + " exists already");
  }
  entries.push_back(std::move(entry));
  return {};
}

base::Result<> Registry::add(std::string_view group, std::string_view name, Counter& counter, std::string_view help) {
  return insert(group, {.name = std::string(name), .help = std::string(help), .counter = &counter});
}

base::Result<> Registry::add(std::string_view group, std::string_view name, Gauge& gauge, std::string_view help) {
  return insert(group, {.name = std::string(name), .help = std::string(help), .gauge = &gauge});
}

base::Result<> Registry::add(std::string_view group, std::string_view name, Function function, std::string_view help) {
  return insert(group, {.name = std::string(name), .help = std::string(help), .function = std::move(function)});
}

base::Result<> Registry::add(std::string_view group, std::string_view name, const Histogram& histogram,
                             std::string_view help) {
  const std::unique_lock lock(mutex_);
  const bool taken = std::ranges::any_of(
      histograms_, [&](const HistogramEntry& entry) { return entry.group == group && entry.name == name; });
  if (taken) return base::fail("histogram " + std::string(group) + ":" + std::string(name) + " exists already");
  histograms_.push_back(
      {.group = std::string(group), .name = std::string(name), .help = std::string(help), .histogram = &histogram});
  return {};
}

base::Result<Counter*> Registry::counter(std::string_view group, std::string_view name) {
  const std::unique_lock lock(mutex_);
  auto& entries = groups_.try_emplace(std::string(group)).first->second;
  const auto found = std::ranges::find(entries, name, &Entry::name);
  if (found != entries.end()) {
    if (found->counter != nullptr) return found->counter;
    return base::fail("statistic " + std::string(group) + ":" + std::string(name) + " is not a counter");
  }
  Counter& fresh = kept_.emplace_back();
  entries.push_back({.name = std::string(name), .counter = &fresh});
  return &fresh;
}

Sample Registry::sample(std::string_view group, const Entry& entry) {
  Sample result{.group = std::string(group), .name = entry.name};
  if (entry.counter != nullptr) {
    result.value = entry.counter->value();
    return result;
  }
  result.kind = Kind::NonIncremental;
  result.value = entry.gauge != nullptr ? static_cast<std::uint64_t>(std::max<std::int64_t>(entry.gauge->value(), 0))
                                        : entry.function();
  return result;
}

// Calls `visitor` with group and entry of everything that `selector` names.
template <typename Visitor>
void Registry::select(auto& groups, std::string_view selector, Visitor visitor) {
  const std::size_t colon = selector.find(':');
  if (selector == "all" || colon == std::string_view::npos) {
    for (auto& [group, entries] : groups) {
      for (auto& entry : entries) {
        if (selector != "all" && entry.name != selector) continue;
        visitor(group, entry);
        if (selector != "all") return;
      }
    }
    return;
  }
  const auto group = groups.find(selector.substr(0, colon));
  if (group == groups.end()) return;
  const std::string_view name = selector.substr(colon + 1);
  for (auto& entry : group->second) {
    if (name.empty() || entry.name == name) visitor(group->first, entry);
  }
}

std::vector<Sample> Registry::read(std::string_view selector) const {
  const std::shared_lock lock(mutex_);
  std::vector<Sample> result;
  select(groups_, selector,
         [&](std::string_view group, const Entry& entry) { result.push_back(sample(group, entry)); });
  return result;
}

bool Registry::reset(std::string_view selector) {
  const std::shared_lock lock(mutex_);
  bool found = false;
  select(groups_, selector, [&](std::string_view, const Entry& entry) {
    found = true;
    if (entry.counter != nullptr) entry.counter->reset();
  });
  return found;
}

std::vector<Registry::HistogramEntry> Registry::histograms() const {
  const std::shared_lock lock(mutex_);
  return histograms_;
}

std::string Registry::help(std::string_view group, std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = groups_.find(group);
  if (found == groups_.end()) return {};
  const auto entry = std::ranges::find(found->second, name, &Entry::name);
  return entry != found->second.end() ? entry->help : std::string();
}

}  // namespace carillon::metrics
