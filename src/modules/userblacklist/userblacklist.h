// SPDX-License-Identifier: Apache-2.0
// userblacklist: numbers that a user, or nobody, may call: the user's prefixes are asked for each time, the global ones
// are in memory.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "module/cached_table.h"
#include "module/database_user.h"
#include "module/module.h"
#include "module/table_names.h"
#include "modules/userblacklist/prefix_list.h"

namespace carillon::userblacklist {

using module::RouteContext;
using module::Verdict;

class Userblacklist;

// The table of a check_user_blacklist(), and that of a check_blacklist(), which is kept in memory.
struct UserTable : module::TableName {
  [[nodiscard]] static base::Result<UserTable> parse(std::string_view text, Userblacklist& module);
};
struct GlobalTable : module::TableName {
  [[nodiscard]] static base::Result<GlobalTable> parse(std::string_view text, Userblacklist& module);
};

class Userblacklist final : public module::Module {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;
  void stop() override { database_.close(); }

  // --- functions
  base::Task<Verdict> check_user_blacklist(RouteContext& context, std::string_view user, std::string_view domain,
                                           std::optional<std::string_view> number,
                                           std::optional<module::Parsed<UserTable>> table);
  Verdict check_blacklist(RouteContext& context, module::Constant<GlobalTable> table);

  // --- commands
  base::Task<base::Result<management::Json>> reload(management::Parameters parameters);

  // --- parameters
  std::string db_url;
  std::string db_table = "userblacklist";
  bool use_domain = true;

 private:
  friend struct UserTable;
  friend struct GlobalTable;
  // By the name of their table.
  using Lists = std::unordered_map<std::string, PrefixList>;
  [[nodiscard]] base::Result<std::shared_ptr<const Lists>> read_lists(storage::Database& database) const;

  // As module::TableName takes them from.
  struct Tables {
    module::TableNames tables;
    bool is_started = false;
    [[nodiscard]] bool started() const { return is_started; }
  };
  Tables user_tables_;
  Tables global_tables_;
  module::DatabaseUser database_;
  module::CachedTable<Lists> lists_;
};

}  // namespace carillon::userblacklist
