// SPDX-License-Identifier: Apache-2.0
// What a cache_table parameter says: which columns of which table are kept, and how.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace carillon::sql_cacher {

struct CacheSpec {
  std::string id;
  std::string db_url;  // empty: that of the server
  std::string table;
  std::string key;                   // the column rows are found by
  std::vector<std::string> columns;  // empty: all
  bool on_demand = false;            // rows are read when they are asked for
  std::chrono::seconds expire{3600};

  // "id=..", "db_url=..", "cachedb_url=..", "table=..", "key=..", "columns=..", "on_demand=0", "expire=3600", in any
  // order; cachedb_url is accepted, what is cached stays here.
  [[nodiscard]] static base::Result<CacheSpec> parse(std::string_view text, char spec_delimiter,
                                                     char columns_delimiter);
};

// The name in $sql_cached_value(id:column:key).
struct ValueName {
  std::string_view id;
  std::string_view column;
  std::string_view key;  // may have the delimiter in it
  [[nodiscard]] static std::optional<ValueName> parse(std::string_view text, char delimiter);
};

}  // namespace carillon::sql_cacher
