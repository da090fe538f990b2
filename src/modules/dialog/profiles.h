// SPDX-License-Identifier: Apache-2.0
// Profiles: named sets of dialogs, perhaps by a value (how many calls has this trunk?). Here they are counted; which
// dialog is in which is kept with the dialog.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "metrics/counter.h"
#include "shard/partitioned_table.h"

namespace carillon::dialog {

// Declared before the workers run; then any thread counts.
class Profiles {
 public:
  static constexpr std::size_t kMaxValue = 1024;  // bytes

  struct Profile {
    std::string name;
    bool has_value = false;
    metrics::Gauge size;
  };

  // "caller; trunk/b": the suffixes, which share a profile with other servers, are taken off.
  [[nodiscard]] base::Result<> declare(std::string_view names, bool have_value);
  void start(shard::Shards& shards) { counts_ = std::make_unique<Counts>(shards); }
  void stop() { counts_.reset(); }

  [[nodiscard]] std::optional<std::uint16_t> find(std::string_view name) const;
  [[nodiscard]] const Profile& operator[](std::uint16_t profile) const { return *profiles_[profile]; }
  [[nodiscard]] const std::vector<std::unique_ptr<Profile>>& all() const { return profiles_; }
  // Some name had a suffix.
  [[nodiscard]] bool has_shared() const { return has_shared_; }

  void add(std::uint16_t profile, std::string_view value);
  void remove(std::uint16_t profile, std::string_view value);
  // Of the whole profile, or of one value.
  [[nodiscard]] std::uint64_t size(std::uint16_t profile, std::optional<std::string_view> value) const;
  // The values and how many dialogs have each, about `limit` at most.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> values(std::uint16_t profile,
                                                                          std::size_t limit) const;

 private:
  using Counts = shard::PartitionedTable<std::string, std::uint64_t>;

  std::vector<std::unique_ptr<Profile>> profiles_;
  std::unique_ptr<Counts> counts_;  // by "profile:value"
  bool has_shared_ = false;
};

}  // namespace carillon::dialog
