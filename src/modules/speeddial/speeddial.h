// SPDX-License-Identifier: Apache-2.0
// speeddial: short numbers of users, by a table that is asked each time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "module/database_user.h"
#include "module/module.h"
#include "module/table_names.h"

namespace carillon::speeddial {

using module::RouteContext;
using module::Verdict;

class Speeddial final : public module::Module {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;
  void stop() override { database_.close(); }

  // --- functions
  base::Task<Verdict> sd_lookup(RouteContext& context, module::Parsed<module::TableName> table,
                                std::optional<std::string_view> owner);

  // --- parameters
  std::string db_url;
  std::string user_column = "username";
  std::string domain_column = "domain";
  std::string sd_user_column = "sd_username";
  std::string sd_domain_column = "sd_domain";
  std::string new_uri_column = "new_uri";
  std::string domain_prefix;
  int use_domain = 0;

  // --- for module::TableName
  module::TableNames tables;
  [[nodiscard]] bool started() const { return database_.is_open(); }

 private:
  module::DatabaseUser database_;
};

}  // namespace carillon::speeddial
