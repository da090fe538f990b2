// SPDX-License-Identifier: Apache-2.0
// Who may use which URI: the table `uri`, and whether somebody exists. See auth_db.h.
#include "base/strings.h"
#include "modules/auth_db/auth_db.h"
#include "modules/auth_db/tables.h"
#include "sip/uri.h"

namespace carillon::auth_db {

using namespace module;

base::Task<Verdict> AuthDb::db_does_uri_exist(RouteContext& context, std::optional<std::string_view> uri,
                                              std::optional<Parsed<SubscriberTable>> table) {
  const auto parsed = uri ? sip::Uri::parse(*uri) : context.request_uri();
  if (!parsed || parsed->user.empty()) co_return kFalse;
  storage::Select query{.table = table ? (*table)->name : std::string(kSubscriberTable.name),
                        .columns = {user_column},
                        .where = {{.column = user_column, .value = std::string(parsed->user)}},
                        .limit = 1};
  if (use_domain) query.where.push_back({.column = domain_column, .value = std::string(parsed->host)});
  const auto rows = co_await select(context, std::move(query));
  co_return Verdict::of(rows && !rows->rows.empty());
}

base::Task<Verdict> AuthDb::is_authorized(RouteContext& context, const sip::NameAddr& address, std::string table) {
  const auto credentials = auth_->verified_credentials(context);
  const auto uri = address.uri();
  if (!credentials || !uri || uri->user.empty()) co_return kFalse;
  if (table.empty()) co_return Verdict::of(credentials->user == uri->user);
  const std::string_view domain = credentials->domain.empty() ? credentials->fields.realm : credentials->domain;
  storage::Select query{.table = std::move(table),
                        .columns = {uri_user_column},
                        .where = {{.column = uri_user_column, .value = std::string(credentials->user)},
                                  {.column = uri_uriuser_column, .value = std::string(uri->user)}},
                        .limit = 1};
  if (use_domain) query.where.push_back({.column = uri_domain_column, .value = std::string(domain)});
  const auto rows = co_await select(context, std::move(query));
  co_return Verdict::of(rows && !rows->rows.empty());
}

base::Task<Verdict> AuthDb::db_is_to_authorized(RouteContext& context, Parsed<UriTable> table) {
  return is_authorized(context, context.message().to(), table->name);
}

base::Task<Verdict> AuthDb::db_is_from_authorized(RouteContext& context, Parsed<UriTable> table) {
  return is_authorized(context, context.message().from(), table->name);
}

// The spelling of 2.x, with use_uri_table = 0.
base::Task<Verdict> AuthDb::db_check_to(RouteContext& context) {
  return is_authorized(context, context.message().to(), {});
}

base::Task<Verdict> AuthDb::db_check_from(RouteContext& context) {
  return is_authorized(context, context.message().from(), {});
}

base::Task<Verdict> AuthDb::db_get_auth_id(RouteContext& context, Parsed<UriTable> table, std::string_view uri,
                                           Output user, Output realm) {
  const auto parsed = sip::Uri::parse(uri);
  if (!parsed || parsed->user.empty() || table->name.empty()) co_return kFalse;
  storage::Select query{.table = table->name,
                        .columns = {uri_user_column, uri_domain_column},
                        .where = {{.column = uri_uriuser_column, .value = std::string(parsed->user)}},
                        .limit = 1};
  if (use_domain) query.where.push_back({.column = uri_domain_column, .value = std::string(parsed->host)});
  const auto rows = co_await select(context, std::move(query));
  if (!rows || rows->rows.empty()) co_return kFalse;
  const auto& row = rows->rows.front();
  const bool written = user.assign(script::Value::text(context.keep(storage::to_text(row[0])))) &&
                       realm.assign(script::Value::text(context.keep(storage::to_text(row[1]))));
  co_return Verdict::of(written);
}

}  // namespace carillon::auth_db
