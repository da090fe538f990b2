// SPDX-License-Identifier: Apache-2.0
// See alias_db.h.
#include "modules/alias_db/alias_db.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "module/services.h"
#include "modules/alias_db/tables.h"
#include "routing/proxy.h"
#include "routing/target_set.h"

namespace carillon::alias_db {

using module::kFalse;
using module::kTrue;
using module::Output;
using module::Parsed;
using module::TableName;
using module::UserAndDomain;

base::Result<LookupFlags> LookupFlags::parse(std::string_view text) {
  LookupFlags flags;
  for (const char c : text) {
    if (c == 'd') {
      flags.any_domain = true;
    } else if (c == 'r') {
      flags.reverse = true;
    } else if (c != ' ' && c != ',') {
      return base::fail(fmt::format("unknown flag '{}'; there are d and r", c));
    }
  }
  return flags;
}

base::Result<> AliasDb::start(module::Services& services) {
  if (auto opened = database_.open(services, db_url); !opened) return opened;
  return tables.use(database_, kDbaliasesTable);
}

base::Task<std::vector<std::string>> AliasDb::find(RouteContext& context, std::string_view table, UserAndDomain user,
                                                   LookupFlags flags, std::string_view scheme, std::size_t most) {
  storage::Select query{.table = std::string(table),
                        .columns = flags.reverse ? std::vector{alias_user_column, alias_domain_column}
                                                 : std::vector{user_column, domain_column},
                        .where = {{.column = flags.reverse ? user_column : alias_user_column, .value = user.user}},
                        .limit = most};
  if (!flags.any_domain) {
    query.where.push_back({.column = flags.reverse ? domain_column : alias_domain_column, .value = user.domain});
  }
  std::vector<std::string> uris;
  const auto rows = co_await database_.select(context.proxy().shard(), std::move(query));
  if (!rows) {
    database_.log_error("alias_db: can't look up {}@{}: {}", user.user, user.domain, rows.error().message);
    co_return uris;
  }
  for (const auto& row : rows->rows) {
    const UserAndDomain meant{storage::to_text(row[0]), storage::to_text(row[1])};
    if (auto uri = uri_of(meant, scheme)) {
      uris.push_back(std::move(*uri));
    } else {
      log::warning("alias_db: the row of {}@{} in {} gives no URI", user.user, user.domain, table);
    }
  }
  co_return uris;
}

base::Task<Verdict> AliasDb::alias_db_lookup(RouteContext& context, Parsed<TableName> table_name,
                                             std::optional<Parsed<LookupFlags>> flags) {
  const LookupFlags wanted = flags ? **flags : LookupFlags{};
  const auto& uri = context.request_uri();
  auto user = uri ? module::user_of(*uri, domain_prefix) : std::nullopt;
  if (!user) co_return kFalse;
  const std::string_view scheme = uri->scheme == sip::Uri::Scheme::Sips ? "sips" : "sip";
  const std::size_t most = append_branches ? routing::kMaxBranches : 1;
  const auto uris = co_await find(context, table_name->name, std::move(*user), wanted, scheme, most);
  if (uris.empty()) co_return kFalse;
  context.set_request_uri(uris.front());
  routing::TargetSet& targets = context.decision.targets;
  for (std::size_t i = 1; i < uris.size() && targets.size() < routing::kMaxBranches; ++i) {
    routing::RequestTarget branch;
    branch.uri = context.keep(uris[i]);
    targets.push_back(branch);
  }
  co_return kTrue;
}

base::Task<Verdict> AliasDb::alias_db_find(RouteContext& context, Parsed<TableName> table_name,
                                           std::string_view input_uri, Output output_var,
                                           std::optional<Parsed<LookupFlags>> flags) {
  const LookupFlags wanted = flags ? **flags : LookupFlags{};
  auto user = module::user_of(input_uri, domain_prefix);
  if (!user) co_return kFalse;
  const auto uris = co_await find(context, table_name->name, std::move(*user), wanted, "sip", 1);
  if (uris.empty()) co_return kFalse;
  co_return Verdict::of(output_var.assign(script::Value::text(context.keep(uris.front()))));
}

}  // namespace carillon::alias_db
