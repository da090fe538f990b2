// SPDX-License-Identifier: Apache-2.0
// statistics: counters that scripts name, beside those of the server and its modules.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/counter.h"
#include "metrics/registry.h"
#include "module/module.h"
#include "module/services.h"
#include "modules/statistics/series.h"
#include "shard/partitioned_table.h"

namespace carillon::statistics {

using module::Output;
using module::RouteContext;
using module::Verdict;

class Statistics final : public module::Module {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;
  void stop() override;

  // --- parameters
  int max_statistics = 10'000;
  base::Result<> add_variable(const script::Value& definition);
  base::Result<> add_groups(const script::Value& names);
  base::Result<> add_series_profile(const script::Value& definition);

  // --- functions
  Verdict update_stat(RouteContext& context, std::string_view variable, int value);
  Verdict reset_stat(RouteContext& context, std::string_view variable);
  Verdict stat_iter_init(RouteContext& context, std::string_view group, std::string_view iterator);
  Verdict stat_iter_next(RouteContext& context, Output name, Output value, std::string_view iterator);
  Verdict update_stat_series(RouteContext& context, std::string_view profile, std::string_view variable, int value);

  // --- variables
  script::Value read(RouteContext& context, const script::VariableRef& ref);
  base::Result<> write(RouteContext& context, const script::VariableRef& ref, const script::Value& value);

 private:
  // What update_stat() adds to: one of the two.
  struct Target {
    metrics::Counter* counter = nullptr;
    metrics::Gauge* gauge = nullptr;  // what can't be reset
  };
  struct FullName {
    std::string group;
    std::string name;
  };
  // Profiles keep their statistics by name.
  struct Profile {
    SeriesProfile profile;
    std::map<std::string, std::unique_ptr<Series>, std::less<>> series;
  };

  [[nodiscard]] static FullName split(std::string_view name);
  [[nodiscard]] bool has_group(std::string_view group) const;
  // The group of a name without one: the server's own, "dynamic", any other.
  [[nodiscard]] std::string group_of(std::string_view name) const;
  [[nodiscard]] base::Result<Target> find_or_make(std::string_view name);
  [[nodiscard]] base::Result<Target> make(const FullName& full);
  [[nodiscard]] base::Result<Series*> find_or_make(Profile& profile, std::string_view name);
  [[nodiscard]] std::optional<metrics::Sample> sample(std::string_view name) const;

  std::optional<module::Services> services_;
  std::vector<std::string> variables_;
  std::vector<std::string> groups_{"dynamic"};
  std::map<std::string, Profile, std::less<>> profiles_;
  std::shared_mutex series_mutex_;  // of the maps in the profiles
  std::deque<metrics::Gauge> gauges_;
  std::map<std::string, metrics::Gauge*, std::less<>> gauges_by_name_;  // "group:name"
  // By the names that scripts use, so that finding one again is quick.
  std::unique_ptr<shard::PartitionedTable<std::string, Target>> targets_;
  std::atomic<int> made_{0};
};

}  // namespace carillon::statistics
