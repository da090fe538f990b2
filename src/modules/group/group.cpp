// SPDX-License-Identifier: Apache-2.0
// See group.h.
#include "modules/group/group.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "module/services.h"
#include "modules/group/tables.h"
#include "routing/proxy.h"
#include "shard/context.h"
#include "sip/digest.h"

namespace carillon::group {

using management::Json;
using module::kFalse;
using module::kTrue;
using module::Output;
using module::Parsed;
using module::UserAndDomain;

namespace {

constexpr int kBadRequest = 400;
constexpr int kFailed = 500;

// Those that were found right: what a stranger only says he is makes him a member of nothing.
std::optional<UserAndDomain> credentials_of(RouteContext& context) {
  const auto& verified = context.decision.authentication.verified;
  if (!verified) return std::nullopt;
  const sip::Message& message = context.message();
  for (const sip::HeaderId id : {sip::HeaderId::ProxyAuthorization, sip::HeaderId::Authorization}) {
    for (const sip::Header& header : message.headers(id)) {
      if (message.span(header.value).begin != *verified) continue;
      const auto fields = sip::DigestFields::parse(header.value);
      if (!fields || fields->username.empty()) return std::nullopt;
      const std::size_t at = fields->username.find('@');
      const std::string_view domain = at == std::string_view::npos ? fields->realm : fields->username.substr(at + 1);
      return UserAndDomain{std::string(fields->username.substr(0, at)), base::to_lower(domain)};
    }
  }
  return std::nullopt;
}

std::optional<UserAndDomain> user_in(const base::Result<sip::Uri>& uri) {
  return uri ? module::user_of(*uri) : std::nullopt;
}

}  // namespace

base::Result<UserSource> UserSource::parse(std::string_view text) {
  if (base::iequals(text, "Request-URI")) return UserSource{Kind::RequestUri, {}};
  if (base::iequals(text, "To")) return UserSource{Kind::To, {}};
  if (base::iequals(text, "From")) return UserSource{Kind::From, {}};
  if (base::iequals(text, "Credentials")) return UserSource{Kind::Credentials, {}};
  if (!module::user_of(text)) return base::fail("must be Request-URI, To, From, Credentials or a URI with a user");
  return UserSource{Kind::Uri, std::string(text)};
}

std::optional<UserAndDomain> UserSource::find(RouteContext& context) const {
  switch (kind) {
    case Kind::RequestUri:
      return user_in(context.request_uri());
    case Kind::To:
      return user_in(context.message().to().uri());
    case Kind::From:
      return user_in(context.message().from().uri());
    case Kind::Credentials:
      return credentials_of(context);
    case Kind::Uri:
      break;
  }
  return module::user_of(uri);
}

base::Result<> Group::start(module::Services& services) {
  if (auto opened = database_.open(services, db_url); !opened) return opened;
  if (auto known = database_.use_table(kGrpTable, table); !known) return known;
  if (re_table.empty()) return {};
  if (auto known = database_.use_table(kReGrpTable, re_table); !known) return known;
  return patterns_.load(database_, [this](storage::Database& from) { return read_patterns(from); });
}

base::Result<> Group::set_aaa_url(const script::Value& value) {
  if (value.as_text().empty()) return {};
  return base::fail("there is no AAA here; db_is_user_in() asks the database");
}

base::Result<std::shared_ptr<const Group::Patterns>> Group::read_patterns(storage::Database& database) const {
  auto patterns = std::make_shared<Patterns>();
  base::Result<> usable;
  auto read =
      database.select({.table = re_table, .columns = {re_exp_column, re_gid_column}}, [&](const storage::Row& row) {
        // An empty expression matches everybody; one that isn't there nobody.
        if (row.is_null(0) || row.is_null(1)) {
          log::error("group: a row of {} without an expression or group is passed over", re_table);
          return true;
        }
        auto pattern = script::Regex::compile(row.text(0), script::kArgumentRegex);
        if (!pattern) {
          usable = base::fail(
              fmt::format("{}: the expression of group {}: {}", re_table, row.integer(1), pattern.error().message));
          return false;
        }
        patterns->push_back({std::move(*pattern), row.integer(1)});
        return true;
      });
  if (!read) return std::unexpected(std::move(read.error()));
  if (!usable) return std::unexpected(std::move(usable.error()));
  return patterns;
}

base::Task<Verdict> Group::db_is_user_in(RouteContext& context, Parsed<UserSource> uri, std::string_view group) {
  auto user = uri->find(context);
  if (!user || user->user.empty()) co_return kFalse;
  storage::Select query{
      .table = table,
      .columns = {group_column},
      .where = {{.column = user_column, .value = user->user}, {.column = group_column, .value = std::string(group)}},
      .limit = 1};
  if (use_domain) query.where.push_back({.column = domain_column, .value = user->domain});
  const auto rows = co_await database_.select(context.proxy().shard(), std::move(query));
  if (!rows) {
    database_.log_error("group: can't tell whether {} is in {}: {}", user->user, group, rows.error().message);
    co_return kDatabaseFailed;
  }
  co_return rows->rows.empty() ? kNotAMember : kTrue;
}

Verdict Group::db_get_user_group(RouteContext& context, const Parsed<UserSource>& uri, Output output_avp) {
  const auto user = uri->find(context);
  if (!user || user->user.empty()) return kFalse;
  const std::string text = fmt::format("sip:{}@{}", user->user, user->domain);
  int found = 0;
  for (const PatternGroup& group : patterns_.read(context.proxy().shard())) {
    const auto matches = group.pattern->matches(text);
    if (!matches) log::warning("group: {}: {}", group.pattern->pattern(), matches.error().message);
    if (!matches.value_or(false)) continue;
    if (!output_avp.assign(script::Value::integer(group.id))) return kFalse;
    ++found;
    if (!multiple_gid) break;
  }
  return found == 0 ? kFalse : Verdict(found);
}

base::Task<base::Result<Json>> Group::reload(management::Parameters /*parameters*/) {
  if (re_table.empty()) co_return base::fail("without re_table there is nothing to reload", kBadRequest);
  auto load = [this](storage::Database& from) { return read_patterns(from); };
  auto reloaded = co_await patterns_.reload(database_, *shard::context.shard, load);
  if (!reloaded) {
    log::error("group: {} was not read again: {}", re_table, reloaded.error().message);
    co_return base::fail(std::move(reloaded.error().message), kFailed);
  }
  co_return Json("OK");
}

}  // namespace carillon::group
