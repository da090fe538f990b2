// SPDX-License-Identifier: Apache-2.0
// alias_db: who is meant by an alias, by a table that is asked each time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "module/database_user.h"
#include "module/module.h"
#include "module/table_names.h"
#include "module/user_uri.h"

namespace carillon::alias_db {

using module::RouteContext;
using module::Verdict;

// "d": whatever the domain; "r": from the user to the alias.
struct LookupFlags {
  bool any_domain = false;
  bool reverse = false;
  [[nodiscard]] static base::Result<LookupFlags> parse(std::string_view text);
};

class AliasDb final : public module::Module {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;
  void stop() override { database_.close(); }

  // --- functions
  base::Task<Verdict> alias_db_lookup(RouteContext& context, module::Parsed<module::TableName> table_name,
                                      std::optional<module::Parsed<LookupFlags>> flags);
  base::Task<Verdict> alias_db_find(RouteContext& context, module::Parsed<module::TableName> table_name,
                                    std::string_view input_uri, module::Output output_var,
                                    std::optional<module::Parsed<LookupFlags>> flags);

  // --- parameters
  std::string db_url;
  std::string user_column = "username";
  std::string domain_column = "domain";
  std::string alias_user_column = "alias_username";
  std::string alias_domain_column = "alias_domain";
  std::string domain_prefix;
  bool append_branches = false;

  // --- for module::TableName
  module::TableNames tables;
  [[nodiscard]] bool started() const { return database_.is_open(); }

 private:
  // The URIs that `user` stands for, at most as many as a request may have branches; none when there is no such alias
  // or the database can't tell.
  [[nodiscard]] base::Task<std::vector<std::string>> find(RouteContext& context, std::string_view table,
                                                          module::UserAndDomain user, LookupFlags flags,
                                                          std::string_view scheme, std::size_t most);

  module::DatabaseUser database_;
};

}  // namespace carillon::alias_db
