// SPDX-License-Identifier: Apache-2.0
// sql_cacher: rows of tables in memory, read by the script through $sql_cached_value.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "module/module.h"
#include "modules/sql_cacher/cache_spec.h"
#include "modules/sql_cacher/row_cache.h"

namespace carillon::sql_cacher {

using module::RouteContext;
using module::Verdict;

// "$avp(a);$avp(b)"
struct AvpNames {
  std::vector<std::string> names;
  [[nodiscard]] static base::Result<AvpNames> parse(std::string_view text);
};

class SqlCacher final : public module::Module {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;
  void stop() override;

  // --- functions
  Verdict sql_cache_dump(RouteContext& context, std::string_view caching_id, std::string_view columns,
                         module::Constant<AvpNames> result_avps);

  // --- variables
  script::ReadResult cached_value(RouteContext& context, const script::VariableRef& ref);

  // --- commands
  base::Task<base::Result<management::Json>> reload(management::Parameters parameters);

  // --- parameters
  std::vector<std::string> cache_tables;
  std::string spec_delimiter = "\n";
  std::string pvar_delimiter = ":";
  std::string columns_delimiter = " ";
  int sql_fetch_nr_rows = 100;
  std::chrono::seconds full_caching_expire{24 * 3600};
  std::chrono::seconds reload_interval{60};
  bool bigint_to_str = false;
  int max_rows_on_demand = 100'000;

 private:
  [[nodiscard]] RowCache* find(std::string_view id) const;
  [[nodiscard]] base::Result<> open_caches(module::Services& services);
  // The cell as the script sees it.
  [[nodiscard]] routing::OwnedValue value_of(const std::vector<std::string>& columns, const Row& row,
                                             std::string_view column) const;
  [[nodiscard]] base::Task<routing::OwnedValue> fetch(RowCache& cache, shard::Shard& shard, std::string key,
                                                      std::string column) const;
  // Reads the whole tables again before they are too old.
  [[nodiscard]] base::Running refresh(shard::Shard& shard);

  shard::Shards* shards_ = nullptr;
  std::vector<std::unique_ptr<RowCache>> caches_;
  std::unique_ptr<KeptRows> kept_;
  base::Running refreshing_;
};

}  // namespace carillon::sql_cacher
