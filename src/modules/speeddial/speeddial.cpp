// SPDX-License-Identifier: Apache-2.0
// See speeddial.h.
#include "modules/speeddial/speeddial.h"

#include <utility>

#include "base/log.h"
#include "module/services.h"
#include "module/user_uri.h"
#include "modules/speeddial/tables.h"
#include "routing/proxy.h"

namespace carillon::speeddial {

using module::kFalse;
using module::kTrue;
using module::Parsed;
using module::TableName;
using module::UserAndDomain;

namespace {

// Whose numbers they are: who is given, or who calls.
std::optional<UserAndDomain> owner_of(RouteContext& context, std::optional<std::string_view> owner,
                                      std::string_view domain_prefix) {
  if (owner) return module::user_of(*owner, domain_prefix);
  const auto from = context.message().from().uri();
  return from ? module::user_of(*from, domain_prefix) : std::nullopt;
}

}  // namespace

base::Result<> Speeddial::start(module::Services& services) {
  if (use_domain < 0 || use_domain > 2) return base::fail("use_domain must be 0, 1 or 2");
  if (auto opened = database_.open(services, db_url); !opened) return opened;
  return tables.use(database_, kSpeedDialTable);
}

base::Task<Verdict> Speeddial::sd_lookup(RouteContext& context, Parsed<TableName> table,
                                         std::optional<std::string_view> owner) {
  const auto user = owner_of(context, owner, domain_prefix);
  const auto& uri = context.request_uri();
  const auto dialled = uri ? module::user_of(*uri, domain_prefix) : std::nullopt;
  if (!user || !dialled) co_return kFalse;
  storage::Select query{
      .table = table->name,
      .columns = {new_uri_column},
      .where = {{.column = user_column, .value = user->user}, {.column = sd_user_column, .value = dialled->user}},
      .limit = 1};
  if (use_domain >= 1) query.where.push_back({.column = domain_column, .value = user->domain});
  if (use_domain >= 2) query.where.push_back({.column = sd_domain_column, .value = dialled->domain});
  const auto rows = co_await database_.select(context.proxy().shard(), std::move(query));
  if (!rows) {
    database_.log_error("speeddial: can't look up {} of {}: {}", dialled->user, user->user, rows.error().message);
    co_return kFalse;
  }
  if (rows->rows.empty()) co_return kFalse;
  std::string found = storage::to_text(rows->rows.front()[0]);
  // Tables may leave the scheme out.
  if (!module::is_request_uri(found)) found.insert(0, "sip:");
  if (!module::is_request_uri(found)) {
    log::warning("speeddial: {} of {} in {} is no URI", dialled->user, user->user, table->name);
    co_return kFalse;
  }
  context.set_request_uri(found);
  co_return kTrue;
}

}  // namespace carillon::speeddial
