// SPDX-License-Identifier: Apache-2.0
// See auth_db.h: start, parameters, www_authorize() and proxy_authorize(). The table of URIs is uri_checks.cpp.
#include "modules/auth_db/auth_db.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "module/registry.h"
#include "modules/auth_db/tables.h"
#include "routing/proxy.h"

namespace carillon::auth_db {

using namespace module;
using auth::code_of;
using auth::Outcome;

namespace {

base::Result<std::string> table_name(std::string_view text, AuthDb& module, const storage::TableSpec& table) {
  const bool plain = !text.empty() && std::ranges::all_of(text, [](char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '_' || c == '-' || c == '.';
  });
  if (!plain) return base::fail(fmt::format("'{}' is not the name of a table", text));
  if (auto wanted = module.want_table(table, text); !wanted) return std::unexpected(std::move(wanted.error()));
  return std::string(text);
}

}  // namespace

base::Result<SubscriberTable> SubscriberTable::parse(std::string_view text, AuthDb& module) {
  auto name = table_name(text, module, kSubscriberTable);
  if (!name) return std::unexpected(std::move(name.error()));
  return SubscriberTable{std::move(*name)};
}

base::Result<UriTable> UriTable::parse(std::string_view text, AuthDb& module) {
  // Without a table the user name itself has to be the URI's.
  if (text.empty()) return UriTable{};
  auto name = table_name(text, module, kUriTable);
  if (!name) return std::unexpected(std::move(name.error()));
  return UriTable{std::move(*name)};
}

// --- start and parameters --------------------------------------------------------------------------------------------

base::Result<> AuthDb::want_table(const storage::TableSpec& table, std::string_view name) {
  const std::scoped_lock lock(mutex_);
  // Names that variables make are as many as somebody likes.
  constexpr std::size_t kMostTables = 100;
  if (wanted_.size() < kMostTables && auth_ == nullptr) wanted_.insert({&table, std::string(name)});
  return {};
}

base::Result<> AuthDb::check_table(const WantedTable& table) {
  if (skip_version_check) return {};
  const bool is_uri = table.spec == &kUriTable;
  std::vector<std::string> columns =
      is_uri ? std::vector{uri_user_column, uri_uriuser_column} : std::vector{user_column, password_column};
  if (use_domain) columns.push_back(is_uri ? uri_domain_column : domain_column);
  return database_.use_table(*table.spec, table.name, columns);
}

// Tables since version 8 have no second hash.
base::Result<bool> AuthDb::has_column(const std::string& table, const std::string& column) {
  const auto read = database_.database().select({.table = table, .columns = {column}, .limit = 1},
                                                [](const storage::Row&) { return false; });
  if (read) return true;
  if (storage::may_pass(storage::Database::fault_of(read.error()))) return std::unexpected(read.error());
  return false;
}

base::Result<> AuthDb::start(Services& services) {
  constexpr std::chrono::seconds kLongest = std::chrono::hours(24);
  if (credential_cache > kLongest) return base::fail("credential_cache must be 86400 seconds at most");
  if (auto opened = database_.open(services, db_url); !opened) return opened;
  for (const WantedTable& table : wanted_) {
    if (auto checked = check_table(table); !checked) return checked;
    if (table.spec != &kSubscriberTable || calculate_ha1 || password_column_2.empty()) continue;
    const auto second = has_column(table.name, password_column_2);
    if (!second) return std::unexpected(second.error());
    if (*second) with_column_2_.insert(table.name);
  }
  if (credential_cache.count() > 0) {
    cache_ =
        std::make_unique<CredentialCache>(services.shards, services.clock, credential_cache, credential_cache_size);
  }
  auth_ = services.find<auth::AuthService>();
  return {};
}

// "$avp(rpid)=rpid;email_address": columns, each with the variable it goes into, or $avp(column).
base::Result<> AuthDb::set_load_credentials(const script::Value& value) {
  std::string_view rest = value.as_text();
  while (!rest.empty()) {
    const std::string_view item = base::trim(base::take_until(rest, ';'));
    if (item.empty()) continue;
    const std::size_t equal = item.find('=');
    const std::string column(equal == std::string_view::npos ? item : base::trim(item.substr(equal + 1)));
    const std::string named = equal == std::string_view::npos ? fmt::format("$avp({})", column)
                                                              : std::string(base::trim(item.substr(0, equal)));
    auto variable = ScriptVariable::parse(named);
    if (!variable) return std::unexpected(std::move(variable.error()));
    if (column.empty() || variable->empty()) return base::fail(fmt::format("'{}' is no $avp(name)=column", item));
    loaded_.push_back({std::move(*variable), column});
  }
  return {};
}

// --- authentication --------------------------------------------------------------------------------------------------

const std::string& AuthDb::secret_column(const auth::Credentials& credentials, const std::string& table) const {
  if (calculate_ha1) return password_column;
  const sip::DigestHash hash = sip::hash_of(credentials.algorithm);
  if (hash == sip::DigestHash::Md5) {
    return !credentials.domain.empty() && with_column_2_.contains(table) ? password_column_2 : password_column;
  }
  return hash == sip::DigestHash::Sha256 ? hash_column_sha256 : hash_column_sha512t256;
}

Secret AuthDb::no_secret(const auth::Credentials& credentials) const {
  constexpr std::string_view kNobodys = "0000000000000000000000000000000000000000000000000000000000000000";
  const std::size_t size = sip::hash_of(credentials.algorithm) == sip::DigestHash::Md5 ? 32 : 64;
  return {.ha1 = sip::HexDigest(kNobodys.substr(0, size)), .loaded = nullptr};
}

void AuthDb::load(RouteContext& context, const Secret& secret) const {
  if (secret.loaded == nullptr) return;
  for (std::size_t i = 0; i < loaded_.size() && i < secret.loaded->size(); ++i) {
    const storage::Value& cell = (*secret.loaded)[i];
    const auto* number = std::get_if<std::int64_t>(&cell);
    if (number != nullptr) {
      loaded_[i].variable.write(context, script::Value::integer(*number));
    } else if (const std::string text = storage::to_text(cell); !text.empty()) {
      loaded_[i].variable.write(context, script::Value::text(context.keep(text)));
    }
  }
}

base::Task<base::Result<storage::ResultSet>> AuthDb::select(RouteContext& context, storage::Select query) {
  queries.add();
  auto answer = co_await database_.select(context.proxy().shard(), std::move(query));
  if (!answer) database_.log_error("auth_db: {}", answer.error().message);
  co_return answer;
}

base::Task<base::Result<std::optional<Secret>>> AuthDb::look_up(RouteContext& context,
                                                                const auth::Credentials& credentials, std::string table,
                                                                std::string domain) {
  const std::string& secret_in = secret_column(credentials, table);
  storage::Select query{.table = std::move(table),
                        .columns = {secret_in},
                        .where = {{.column = user_column, .value = std::string(credentials.user)}},
                        .limit = 1};
  if (use_domain) query.where.push_back({.column = domain_column, .value = std::move(domain)});
  for (const Loaded& one : loaded_) query.columns.push_back(one.column);
  auto rows = co_await select(context, std::move(query));
  if (!rows) co_return std::unexpected(std::move(rows.error()));
  // An empty password is none: it would let everybody in.
  std::string stored;
  if (!rows->rows.empty()) stored = storage::to_text(rows->rows.front().front());
  Secret secret = no_secret(credentials);
  if (calculate_ha1) {
    secret.ha1 = auth_->ha1(credentials, stored);
  } else if (!stored.empty()) {
    secret.ha1 = sip::HexDigest(base::to_lower(base::trim(stored)));
  }
  if (stored.empty()) co_return std::optional<Secret>();
  if (!loaded_.empty()) {
    auto& row = rows->rows.front();
    secret.loaded = std::make_shared<const std::vector<storage::Value>>(std::make_move_iterator(row.begin() + 1),
                                                                        std::make_move_iterator(row.end()));
  }
  co_return std::optional<Secret>(std::move(secret));
}

base::Task<Verdict> AuthDb::authorize(RouteContext& context, auth::Kind kind, std::string_view realm,
                                      Parsed<SubscriberTable> table) {
  const auto name = auth_->realm_of(context, kind, realm);
  const auto credentials = auth_->find_credentials(context, name, kind);
  if (!credentials) co_return code_of(credentials.error());
  const std::string domain(credentials->domain.empty() ? *name : credentials->domain);

  std::string key;
  if (cache_ != nullptr) {
    key = CredentialCache::key_of(table->name, use_domain ? domain : std::string(), credentials->fields.realm,
                                  credentials->fields.username, sip::hash_of(credentials->algorithm));
    const auto known = cache_->find(key);
    // Also of those it doesn't have, so that the time tells nobody who is in it.
    const Outcome outcome =
        auth_->check(context, *credentials, known ? known->ha1.view() : no_secret(*credentials).ha1.view(), true);
    if (known && outcome != Outcome::BadPassword) {
      cache_hits.add();
      if (outcome == Outcome::Authorized) load(context, *known);
      co_return code_of(outcome);
    }
    // What was right once may have been changed since: the database decides.
    if (known) cache_->remove(key);
  }

  const auto found = co_await look_up(context, *credentials, table->name, domain);
  if (!found) co_return code_of(Outcome::Error);
  const Secret secret = *found ? **found : no_secret(*credentials);
  const Outcome outcome = auth_->check(context, *credentials, secret.ha1.view(), found->has_value());
  if (outcome == Outcome::Authorized) {
    load(context, secret);
    if (cache_ != nullptr) cache_->add(key, credentials->user, secret);
  }
  co_return code_of(outcome);
}

base::Task<base::Result<management::Json>> AuthDb::cache_flush(management::Parameters parameters) {
  std::string user;
  if (parameters.has("user")) {
    auto text = parameters.text("user");
    if (!text) co_return std::unexpected(std::move(text.error()));
    user = std::move(*text);
  }
  management::Json answer = management::Json::object();
  answer.add("Flushed", cache_ != nullptr ? cache_->flush(user) : std::size_t{0});
  co_return answer;
}

}  // namespace carillon::auth_db
