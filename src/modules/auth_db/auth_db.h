// SPDX-License-Identifier: Apache-2.0
// auth_db: digest authentication of users in a database, and the table of URIs that each of them may use.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/counter.h"
#include "module/database_user.h"
#include "module/module.h"
#include "module/script_variable.h"
#include "modules/auth/api.h"
#include "modules/auth_db/credential_cache.h"

namespace carillon::auth_db {

using module::Output;
using module::Parsed;
using module::RouteContext;
using module::Verdict;

class AuthDb;

// A table of users, or of URIs, as scripts name it. Tables that literals name are checked at start.
struct SubscriberTable {
  std::string name;
  [[nodiscard]] static base::Result<SubscriberTable> parse(std::string_view text, AuthDb& module);
};
struct UriTable {
  std::string name;
  [[nodiscard]] static base::Result<UriTable> parse(std::string_view text, AuthDb& module);
};

class AuthDb final : public module::Module {
 public:
  using Needs = module::Requires<auth::AuthService>;

  [[nodiscard]] base::Result<> start(module::Services& services) override;
  void stop() override {
    database_.close();
    cache_.reset();
  }
  [[nodiscard]] base::Result<> want_table(const storage::TableSpec& table, std::string_view name);

  // --- functions
  base::Task<Verdict> www_authorize(RouteContext& context, std::string_view realm, Parsed<SubscriberTable> table) {
    return authorize(context, auth::Kind::Www, realm, std::move(table));
  }
  base::Task<Verdict> proxy_authorize(RouteContext& context, std::string_view realm, Parsed<SubscriberTable> table) {
    return authorize(context, auth::Kind::Proxy, realm, std::move(table));
  }
  base::Task<Verdict> db_does_uri_exist(RouteContext& context, std::optional<std::string_view> uri,
                                        std::optional<Parsed<SubscriberTable>> table);
  base::Task<Verdict> db_is_to_authorized(RouteContext& context, Parsed<UriTable> table);
  base::Task<Verdict> db_is_from_authorized(RouteContext& context, Parsed<UriTable> table);
  base::Task<Verdict> db_check_to(RouteContext& context);
  base::Task<Verdict> db_check_from(RouteContext& context);
  base::Task<Verdict> db_get_auth_id(RouteContext& context, Parsed<UriTable> table, std::string_view uri, Output user,
                                     Output realm);

  // --- commands
  base::Task<base::Result<management::Json>> cache_flush(management::Parameters parameters);

  // --- statistics
  metrics::Counter queries;
  metrics::Counter cache_hits;
  [[nodiscard]] std::uint64_t cached() const { return cache_ ? cache_->size() : 0; }

  // --- parameters
  std::string db_url;
  std::string user_column = "username";
  std::string domain_column = "domain";
  std::string password_column = "ha1";
  std::string password_column_2 = "ha1b";
  std::string hash_column_sha256 = "ha1_sha256";
  std::string hash_column_sha512t256 = "ha1_sha512t256";
  std::string uri_user_column = "username";
  std::string uri_domain_column = "domain";
  std::string uri_uriuser_column = "uri_user";
  bool calculate_ha1 = false;
  bool use_domain = true;
  bool skip_version_check = false;
  std::chrono::seconds credential_cache{0};
  std::size_t credential_cache_size = 100'000;
  base::Result<> set_load_credentials(const script::Value& value);

 private:
  // A column that goes into a variable of the script.
  struct Loaded {
    module::ScriptVariable variable;
    std::string column;
  };
  struct WantedTable {
    const storage::TableSpec* spec;
    std::string name;
    friend auto operator<=>(const WantedTable&, const WantedTable&) = default;
  };

  base::Task<Verdict> authorize(RouteContext& context, auth::Kind kind, std::string_view realm,
                                Parsed<SubscriberTable> table);
  // The secret of a user; nothing when there is no such user, or one without a password for this algorithm.
  base::Task<base::Result<std::optional<Secret>>> look_up(RouteContext& context, const auth::Credentials& credentials,
                                                          std::string table, std::string domain);
  // Whether the user whose credentials were verified may call themself `uri`.
  base::Task<Verdict> is_authorized(RouteContext& context, const sip::NameAddr& address, std::string table);
  base::Task<base::Result<storage::ResultSet>> select(RouteContext& context, storage::Select query);
  // Of a user that isn't there, made as if there were one.
  [[nodiscard]] Secret no_secret(const auth::Credentials& credentials) const;
  [[nodiscard]] const std::string& secret_column(const auth::Credentials& credentials, const std::string& table) const;
  [[nodiscard]] base::Result<> check_table(const WantedTable& table);
  [[nodiscard]] base::Result<bool> has_column(const std::string& table, const std::string& column);
  void load(RouteContext& context, const Secret& secret) const;

  auth::AuthService* auth_ = nullptr;
  module::DatabaseUser database_;
  std::mutex mutex_;  // of wanted_
  std::set<WantedTable> wanted_;
  std::set<std::string, std::less<>> with_column_2_;  // tables with password_column_2, as they were at start
  std::vector<Loaded> loaded_;
  std::unique_ptr<CredentialCache> cache_;
};

}  // namespace carillon::auth_db
