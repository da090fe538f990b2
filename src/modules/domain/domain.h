// SPDX-License-Identifier: Apache-2.0
// domain: which domains are ours, by a table; asked each time, or kept in memory and then ours everywhere.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "module/cached_table.h"
#include "module/database_user.h"
#include "module/module.h"
#include "modules/domain/domain_list.h"
#include "routing/identity.h"

namespace carillon::domain {

using module::RouteContext;
using module::Verdict;

// Of a URI that can't be read, as OpenSIPS has it.
inline constexpr Verdict kBadUri = -3;

class Domain final : public module::Module, public routing::Identity::Source {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;
  void stop() override { database_.close(); }

  // --- routing::Identity::Source
  [[nodiscard]] bool is_ours(std::string_view host) const override;

  // --- functions
  base::Task<Verdict> is_from_local(RouteContext& context, std::optional<module::Output> attrs);
  base::Task<Verdict> is_uri_host_local(RouteContext& context, std::optional<module::Output> attrs);
  base::Task<Verdict> is_domain_local(RouteContext& context, std::string_view domain,
                                      std::optional<module::Output> attrs);

  // --- commands
  using Reply = base::Task<base::Result<management::Json>>;
  Reply reload(management::Parameters parameters);
  Reply dump(management::Parameters parameters);

  // --- parameters
  std::string db_url;
  int db_mode = 0;
  std::string domain_table = "domain";
  std::string domain_column = "domain";
  std::string attrs_column = "attrs";
  std::string accept_subdomain_column = "accept_subdomain";

 private:
  [[nodiscard]] bool is_cached() const { return db_mode != 0; }
  [[nodiscard]] base::Task<Verdict> check(RouteContext& context, std::string_view host,
                                          std::optional<module::Output> attrs);
  // Blocks.
  [[nodiscard]] base::Result<std::shared_ptr<const DomainList>> read_all(storage::Database& database) const;
  using Found = base::Result<std::optional<LocalDomain>>;
  // The row that makes `host` ours, and that of a name.
  [[nodiscard]] base::Task<Found> read_one(shard::Shard& shard, std::string host) const;
  [[nodiscard]] base::Task<Found> read_row(shard::Shard& shard, std::string name) const;

  [[nodiscard]] std::vector<std::string> columns() const;

  bool knows_subdomains_ = true;
  module::DatabaseUser database_;
  module::CachedTable<DomainList> domains_;
};

}  // namespace carillon::domain
