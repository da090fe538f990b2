// SPDX-License-Identifier: Apache-2.0
// Tables that calls of the script name: those written as literals are known when the module starts, and checked.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "module/database_user.h"

namespace carillon::module {

// Any thread.
class TableNames {
 public:
  void add(std::string_view name) {
    const std::scoped_lock lock(mutex_);
    if (names_.size() < kMost) names_.emplace(name);
  }
  [[nodiscard]] std::set<std::string> all() const {
    const std::scoped_lock lock(mutex_);
    return names_;
  }
  // Each is there, made like `table`. Blocks; at start.
  [[nodiscard]] base::Result<> use(DatabaseUser& database, const storage::TableSpec& table) const {
    for (const std::string& name : all()) {
      if (auto known = database.use_table(table, name); !known) return known;
    }
    return {};
  }

 private:
  // A script has a few.
  static constexpr std::size_t kMost = 1000;

  mutable std::mutex mutex_;
  std::set<std::string> names_;
};

// The argument of a call. A literal is added to the `tables` of the module before that starts.
struct TableName {
  std::string name;

  template <typename M>
  [[nodiscard]] static base::Result<TableName> parse(std::string_view text, M& module) {
    constexpr std::size_t kLongest = 128;
    if (text.empty() || text.size() > kLongest) return base::fail("must be the name of a table");
    if (!module.started()) module.tables.add(text);
    return TableName{std::string(text)};
  }
};

}  // namespace carillon::module
