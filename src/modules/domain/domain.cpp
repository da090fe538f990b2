// SPDX-License-Identifier: Apache-2.0
// See domain.h.
#include "modules/domain/domain.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/log.h"
#include "module/services.h"
#include "modules/domain/tables.h"
#include "routing/proxy.h"
#include "shard/context.h"
#include "storage/cells.h"

namespace carillon::domain {

using management::Json;
using module::Output;
using script::Value;

namespace {

// A name of the DNS has no more (RFC 1035 section 2.3.4).
constexpr std::size_t kLongestName = 255;
// Queries for one host in db_mode 0: nobody runs a domain deeper than that for others to guess.
constexpr std::size_t kMostParents = 8;

constexpr int kBadRequest = 400;
constexpr int kFailed = 500;

LocalDomain domain_of(const storage::Row& row) {
  LocalDomain domain{
      .name = std::string(row.text(0)), .attrs = {}, .accept_subdomain = row.size() > 2 && row.integer(2) != 0};
  if (!row.is_null(1)) domain.attrs = row.text(1);
  return domain;
}

}  // namespace

base::Result<> Domain::start(module::Services& services) {
  if (auto opened = database_.open(services, db_url); !opened) return opened;
  const std::vector<std::string> needed = {domain_column, attrs_column};
  if (auto known = database_.use_table(kDomainTable, domain_table, needed); !known) return known;
  // Subdomains came with version 4 of the table.
  const auto version = database_.database().version_of(domain_table);
  knows_subdomains_ = version.value_or(kDomainTable.version) >= kDomainTable.version;
  if (!is_cached()) return {};
  if (auto loaded = domains_.load(database_, [this](storage::Database& from) { return read_all(from); }); !loaded) {
    return loaded;
  }
  services.identity.add(*this);
  return {};
}

std::vector<std::string> Domain::columns() const {
  std::vector<std::string> names = {domain_column, attrs_column};
  if (knows_subdomains_) names.push_back(accept_subdomain_column);
  return names;
}

bool Domain::is_ours(std::string_view host) const {
  if (shard::context.shard != nullptr) return domains_.read(*shard::context.shard).find(host) != nullptr;
  return domains_.share()->find(host) != nullptr;
}

base::Result<std::shared_ptr<const DomainList>> Domain::read_all(storage::Database& database) const {
  auto list = std::make_shared<DomainList>();
  auto read = database.select({.table = domain_table, .columns = columns()}, [&](const storage::Row& row) {
    list->add(domain_of(row));
    return true;
  });
  if (!read) return std::unexpected(std::move(read.error()));
  return list;
}

base::Task<Domain::Found> Domain::read_row(shard::Shard& shard, std::string name) const {
  storage::Select query{.table = domain_table,
                        .columns = columns(),
                        .where = {{.column = domain_column, .value = std::move(name)}},
                        .limit = 1};
  const auto rows = co_await database_.select(shard, std::move(query));
  if (!rows) co_return std::unexpected(rows.error());
  std::optional<LocalDomain> found;
  storage::read_rows(*rows, [&found](const storage::Row& row) {
    found = domain_of(row);
    return false;
  });
  co_return found;
}

base::Task<Domain::Found> Domain::read_one(shard::Shard& shard, std::string host) const {
  auto found = co_await read_row(shard, host);
  if (!found || *found) co_return found;
  const auto labels = static_cast<std::size_t>(std::ranges::count(host, '.'));
  std::string_view above = parent_domain(host);
  for (std::size_t i = kMostParents; i < labels; ++i) above = parent_domain(above);
  for (; !above.empty(); above = parent_domain(above)) {
    auto parent = co_await read_row(shard, std::string(above));
    if (!parent || (*parent && (*parent)->accept_subdomain)) co_return parent;
  }
  co_return std::optional<LocalDomain>();
}

base::Task<Verdict> Domain::check(RouteContext& context, std::string_view host, std::optional<Output> attrs) {
  if (host.empty() || host.size() > kLongestName) co_return module::kFalse;
  std::optional<LocalDomain> found;
  shard::Shard& shard = context.proxy().shard();
  if (is_cached()) {
    if (const LocalDomain* known = domains_.read(shard).find(host)) found = *known;
  } else {
    auto answer = co_await read_one(shard, base::to_lower(host));
    if (!answer) {
      database_.log_error("domain: can't tell whether {} is ours: {}", host, answer.error().message);
      co_return module::kFalse;
    }
    found = std::move(*answer);
  }
  if (!found) co_return module::kFalse;
  if (attrs && found->attrs && !attrs->assign(Value::text(context.keep(*found->attrs)))) co_return module::kFalse;
  co_return module::kTrue;
}

base::Task<Verdict> Domain::is_from_local(RouteContext& context, std::optional<Output> attrs) {
  const auto uri = context.message().from().uri();
  if (!uri) co_return kBadUri;
  co_return co_await check(context, uri->host, attrs);
}

base::Task<Verdict> Domain::is_uri_host_local(RouteContext& context, std::optional<Output> attrs) {
  const auto& uri = context.request_uri();
  if (!uri) co_return kBadUri;
  co_return co_await check(context, context.keep(uri->host), attrs);
}

base::Task<Verdict> Domain::is_domain_local(RouteContext& context, std::string_view domain,
                                            std::optional<Output> attrs) {
  co_return co_await check(context, domain, attrs);
}

Domain::Reply Domain::reload(management::Parameters /*parameters*/) {
  if (!is_cached()) co_return base::fail("with db_mode 0 there is nothing to reload", kBadRequest);
  auto load = [this](storage::Database& from) { return read_all(from); };
  auto reloaded = co_await domains_.reload(database_, *shard::context.shard, load);
  if (!reloaded) {
    log::error("domain: the table was not read again: {}", reloaded.error().message);
    co_return base::fail(std::move(reloaded.error().message), kFailed);
  }
  co_return Json("OK");
}

Domain::Reply Domain::dump(management::Parameters /*parameters*/) {
  if (!is_cached()) co_return base::fail("with db_mode 0 there is nothing to show", kBadRequest);
  Json list = Json::array();
  const auto domains = domains_.share();
  for (const LocalDomain* domain : domains->all()) {
    Json object = Json::object();
    object.add("name", domain->name);
    object.add("attributes", domain->attrs ? Json(*domain->attrs) : Json());
    object.add("accept_subdomain", domain->accept_subdomain ? 1 : 0);
    list.push_back(std::move(object));
  }
  Json result = Json::object();
  result.add("Domains", std::move(list));
  co_return result;
}

}  // namespace carillon::domain
