// SPDX-License-Identifier: Apache-2.0
// `carillon domain`, `carillon alias` and `carillon acl`: rows of domain, dbaliases and grp.
#include <fmt/format.h>

#include <chrono>

#include "server/account_database.h"
#include "server/database_commands.h"

namespace carillon::server {
namespace {

using storage::Database;
using storage::Fault;

storage::DateTime now() {
  const auto time = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::seconds>(time).count()};
}

// `taken`: what a row with the same key means.
base::Result<> insert(AccountDatabase& accounts, storage::Insert row, const std::string& taken) {
  auto written = accounts.database().write(std::move(row));
  if (written) return {};
  return Database::fault_of(written.error()) == Fault::Duplicate ? base::fail(taken)
                                                                 : std::unexpected(std::move(written.error()));
}

base::Result<> remove(AccountDatabase& accounts, const char* table, const storage::Conditions& where,
                      const std::string& missing) {
  auto there = accounts.exists(table, where);
  if (!there) return std::unexpected(std::move(there.error()));
  if (!*there) return base::fail(missing);
  auto written = accounts.database().write(storage::Delete{.table = table, .where = where});
  if (!written) return std::unexpected(std::move(written.error()));
  return {};
}

storage::Conditions alias_is(const Account& alias) {
  return {{.column = "alias_username", .value = alias.user}, {.column = "alias_domain", .value = alias.domain}};
}

storage::Conditions user_is(const Account& user) {
  return {{.column = "username", .value = user.user}, {.column = "domain", .value = user.domain}};
}

base::Result<> need_user(AccountDatabase& accounts, const Account& account) {
  auto known = accounts.has_user(account);
  if (!known) return std::unexpected(std::move(known.error()));
  return *known ? base::Result<>{} : base::fail("there is no user " + account.text());
}

base::Result<> add(AccountDatabase& accounts, const Account& alias, const Account& user) {
  if (auto known = need_user(accounts, user); !known) return known;
  auto is_user = accounts.has_user(alias);
  if (!is_user) return std::unexpected(std::move(is_user.error()));
  if (*is_user) return base::fail(alias.text() + " is a user");
  const std::string taken = alias.text() + " is an alias already";
  auto known = accounts.exists("dbaliases", alias_is(alias));
  if (!known) return std::unexpected(std::move(known.error()));
  if (*known) return base::fail(taken);
  return insert(accounts,
                {.table = "dbaliases",
                 .rows = {.columns = {"alias_username", "alias_domain", "username", "domain"},
                          .values = {alias.user, alias.domain, user.user, user.domain}}},
                taken);
}

base::Result<std::vector<std::string>> parse_groups(const std::vector<std::string>& names) {
  std::vector<std::string> groups;
  for (const std::string& name : names) {
    auto group = parse_group(name);
    if (!group) return std::unexpected(std::move(group.error()));
    groups.push_back(std::move(*group));
  }
  return groups;
}

storage::Conditions member_of(const Account& user, const std::string& group) {
  storage::Conditions where = user_is(user);
  where.push_back({.column = "grp", .value = group});
  return where;
}

base::Result<> grant(AccountDatabase& accounts, const Account& user, const std::vector<std::string>& names) {
  const auto groups = parse_groups(names);
  if (!groups) return std::unexpected(groups.error());
  if (auto known = need_user(accounts, user); !known) return known;
  std::vector<storage::Write> writes;
  for (const std::string& group : *groups) {
    auto member = accounts.exists("grp", member_of(user, group));
    if (!member) return std::unexpected(std::move(member.error()));
    if (*member) return base::fail(fmt::format("{} is in {} already", user.text(), group));
    writes.emplace_back(storage::Insert{.table = "grp",
                                        .rows = {.columns = {"username", "domain", "grp", "last_modified"},
                                                 .values = {user.user, user.domain, group, now()}}});
  }
  auto written = accounts.database().write(writes);
  if (!written) return std::unexpected(std::move(written.error()));
  return {};
}

base::Result<> revoke(AccountDatabase& accounts, const Account& user, const std::vector<std::string>& names) {
  const auto groups = parse_groups(names);
  if (!groups) return std::unexpected(groups.error());
  if (groups->empty()) return remove(accounts, "grp", user_is(user), user.text() + " is in no group");
  for (const std::string& group : *groups) {
    if (auto removed =
            remove(accounts, "grp", member_of(user, group), fmt::format("{} isn't in {}", user.text(), group));
        !removed) {
      return removed;
    }
  }
  return {};
}

std::string joined(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

}  // namespace

int add_domain(const DomainOptions& options) {
  const auto name = parse_domain(options.name);
  if (!name) return complain(name.error().message);
  auto accounts = AccountDatabase::open(options.common, "domain");
  if (!accounts) return complain(accounts.error().message);
  const std::string taken = *name + " is there already";
  const auto known = accounts->exists("domain", {{.column = "domain", .value = *name}});
  if (!known) return complain(known.error().message);
  if (*known) return complain(taken);
  storage::Rows row{.columns = {"domain", "last_modified"}, .values = {*name, now()}};
  if (!options.attrs.empty()) {
    row.columns.emplace_back("attrs");
    row.values.emplace_back(options.attrs);
  }
  if (options.accept_subdomain) {  // version 3 has no such column
    row.columns.emplace_back("accept_subdomain");
    row.values.emplace_back(std::int64_t{1});
  }
  const auto added = insert(*accounts, {.table = "domain", .rows = std::move(row)}, taken);
  if (!added) return complain(added.error().message);
  return report(options.common, {{"added", *name}}, *name + " added");
}

int remove_domain(const DomainOptions& options) {
  const auto name = parse_domain(options.name);
  if (!name) return complain(name.error().message);
  auto accounts = AccountDatabase::open(options.common, "domain");
  if (!accounts) return complain(accounts.error().message);
  const auto removed =
      remove(*accounts, "domain", {{.column = "domain", .value = *name}}, "there is no domain " + *name);
  if (!removed) return complain(removed.error().message);
  return report(options.common, {{"removed", *name}}, *name + " removed");
}

int list_domains(const DomainOptions& options) {
  auto accounts = AccountDatabase::open(options.common, "domain");
  if (!accounts) return complain(accounts.error().message);
  Listing listing(options.common.json);
  auto read = accounts->database().select({.table = "domain", .columns = {"domain", "attrs"}, .order_by = "domain"},
                                          [&](const storage::Row& row) {
                                            listing.add({{"domain", row.text(0)}, {"attrs", row.text(1)}});
                                            return true;
                                          });
  listing.finish();
  return read ? kSuccess : complain(read.error().message);
}

int add_alias(const AliasOptions& options) {
  auto accounts = AccountDatabase::open(options.common, "dbaliases");
  if (!accounts) return complain(accounts.error().message);
  const auto alias = accounts->account(options.alias);
  if (!alias) return complain(alias.error().message);
  const auto user = accounts->account(options.user);
  if (!user) return complain(user.error().message);
  if (auto added = add(*accounts, *alias, *user); !added) return complain(added.error().message);
  return report(options.common, {{"added", alias->text()}, {"user", user->text()}},
                fmt::format("{} stands for {}", alias->text(), user->text()));
}

int remove_alias(const AliasOptions& options) {
  auto accounts = AccountDatabase::open(options.common, "dbaliases");
  if (!accounts) return complain(accounts.error().message);
  const auto alias = accounts->account(options.alias);
  if (!alias) return complain(alias.error().message);
  const auto removed = remove(*accounts, "dbaliases", alias_is(*alias), "there is no alias " + alias->text());
  if (!removed) return complain(removed.error().message);
  return report(options.common, {{"removed", alias->text()}}, alias->text() + " removed");
}

int list_aliases(const AliasOptions& options) {
  auto accounts = AccountDatabase::open(options.common, "dbaliases");
  if (!accounts) return complain(accounts.error().message);
  storage::Select query{.table = "dbaliases",
                        .columns = {"alias_username", "alias_domain", "username", "domain"},
                        .order_by = "alias_username"};
  if (!options.user.empty()) {
    const auto user = accounts->account(options.user);
    if (!user) return complain(user.error().message);
    query.where = user_is(*user);
  }
  Listing listing(options.common.json);
  auto read = accounts->database().select(query, [&](const storage::Row& row) {
    const Account alias{.user = std::string(row.text(0)), .domain = std::string(row.text(1))};
    const Account user{.user = std::string(row.text(2)), .domain = std::string(row.text(3))};
    listing.add({{"alias", alias.text()}, {"user", user.text()}});
    return true;
  });
  listing.finish();
  return read ? kSuccess : complain(read.error().message);
}

int grant_groups(const AclOptions& options) {
  auto accounts = AccountDatabase::open(options.common, "grp");
  if (!accounts) return complain(accounts.error().message);
  const auto user = accounts->account(options.user);
  if (!user) return complain(user.error().message);
  if (auto granted = grant(*accounts, *user, options.groups); !granted) return complain(granted.error().message);
  return report(options.common, {{"user", user->text()}, {"granted", joined(options.groups)}},
                fmt::format("{} is in {}", user->text(), joined(options.groups)));
}

int revoke_groups(const AclOptions& options) {
  auto accounts = AccountDatabase::open(options.common, "grp");
  if (!accounts) return complain(accounts.error().message);
  const auto user = accounts->account(options.user);
  if (!user) return complain(user.error().message);
  if (auto revoked = revoke(*accounts, *user, options.groups); !revoked) return complain(revoked.error().message);
  const std::string groups = options.groups.empty() ? "any group" : joined(options.groups);
  return report(options.common, {{"user", user->text()}, {"revoked", joined(options.groups)}},
                fmt::format("{} is no longer in {}", user->text(), groups));
}

int list_groups(const AclOptions& options) {
  auto accounts = AccountDatabase::open(options.common, "grp");
  if (!accounts) return complain(accounts.error().message);
  storage::Select query{.table = "grp", .columns = {"username", "domain", "grp"}, .order_by = "username"};
  if (!options.user.empty()) {
    const auto user = accounts->account(options.user);
    if (!user) return complain(user.error().message);
    query.where = user_is(*user);
  }
  Listing listing(options.common.json);
  auto read = accounts->database().select(query, [&](const storage::Row& row) {
    const Account user{.user = std::string(row.text(0)), .domain = std::string(row.text(1))};
    listing.add({{"user", user.text()}, {"group", row.text(2)}});
    return true;
  });
  listing.finish();
  return read ? kSuccess : complain(read.error().message);
}

}  // namespace carillon::server
