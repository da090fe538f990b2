// SPDX-License-Identifier: Apache-2.0
// The statistics of the server by name ("tm:received_replies"), as commands and exporters read them. Knows no formats.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "metrics/counter.h"
#include "metrics/histogram.h"

namespace carillon::metrics {

// What list_statistics calls them: a counter is incremental, a gauge or computed value is not.
enum class Kind : std::uint8_t { Incremental, NonIncremental };

struct Sample {
  std::string group;
  std::string name;
  Kind kind = Kind::Incremental;
  std::uint64_t value = 0;
};

// All members may be called by any thread. What is added must outlive the registry's last use.
class Registry {
 public:
  using Function = std::function<std::uint64_t()>;

  // An error when group:name is taken. `help` is one sentence for exporters.
  [[nodiscard]] base::Result<> add(std::string_view group, std::string_view name, Counter& counter,
                                   std::string_view help = {});
  [[nodiscard]] base::Result<> add(std::string_view group, std::string_view name, Gauge& gauge,
                                   std::string_view help = {});
  // `function` is called by whoever reads, with the registry's lock held for reading: it must be quick and must not
  // add or remove statistics. Reset leaves it alone.
  [[nodiscard]] base::Result<> add(std::string_view group, std::string_view name, Function function,
                                   std::string_view help = {});
  [[nodiscard]] base::Result<> add(std::string_view group, std::string_view name, const Histogram& histogram,
                                   std::string_view help = {});

  // A counter that the registry keeps, made when it isn't there yet: statistics that scripts and tables name at run
  // time. An error when the name belongs to something else.
  [[nodiscard]] base::Result<Counter*> counter(std::string_view group, std::string_view name);

  // What `selector` names: "all", a "group:", "group:name", or a bare "name" (of whichever group has it, the first in
  // order of groups). Empty when there is no such statistic. Sorted by group; inside it in the order of addition.
  [[nodiscard]] std::vector<Sample> read(std::string_view selector) const;

  // Sets what `selector` names back to zero, where it can be. False when there is no such statistic.
  bool reset(std::string_view selector);

  // For exporters of distributions.
  struct HistogramEntry {
    std::string group;
    std::string name;
    std::string help;
    const Histogram* histogram;
  };
  [[nodiscard]] std::vector<HistogramEntry> histograms() const;
  // The sentence given with group:name; empty when there is none.
  [[nodiscard]] std::string help(std::string_view group, std::string_view name) const;

 private:
  struct Entry {
    std::string name;
    std::string help = {};
    Counter* counter = nullptr;  // exactly one of the three is set
    Gauge* gauge = nullptr;
    Function function = {};
  };
  using Groups = std::map<std::string, std::vector<Entry>, std::less<>>;

  [[nodiscard]] base::Result<> insert(std::string_view group, Entry entry);
  [[nodiscard]] static Sample sample(std::string_view group, const Entry& entry);
  template <typename Visitor>
  static void select(auto& groups, std::string_view selector, Visitor visitor);

  mutable std::shared_mutex mutex_;
  Groups groups_;
  std::vector<HistogramEntry> histograms_;
  std::deque<Counter> kept_;
};

}  // namespace carillon::metrics
