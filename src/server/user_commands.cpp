// SPDX-License-Identifier: Apache-2.0
// `carillon user`: rows of the subscriber table.
#include <fmt/format.h>

#include <algorithm>

#include "server/account_database.h"
#include "server/database_commands.h"
#include "server/database_tables.h"
#include "server/dump_format.h"
#include "server/password_hashes.h"
#include "server/terminal.h"

namespace carillon::server {
namespace {

using storage::Database;
using storage::Fault;

base::Result<std::string> get_password(const PasswordOptions& options) {
  base::Result<std::string> password = options.text;
  if (options.from_stdin) {
    password = read_line();
  } else if (options.text.empty()) {
    if (!is_interactive()) {
      return base::fail("there is no terminal to ask for the password: say --password-stdin or --password");
    }
    password = ask_secret("Password");
    if (!password) return password;
    const auto again = ask_secret("Again");
    if (!again) return again;
    if (*again != *password) return base::fail("the two passwords differ");
  }
  if (!password) return password;
  if (password->empty()) return base::fail("the password is empty");
  const bool control = std::ranges::any_of(*password, [](char c) { return static_cast<unsigned char>(c) < ' '; });
  if (control) return base::fail("the password holds a control character");
  return password;
}

// Columns of the password and their values, for the version of the table.
struct Secret {
  std::vector<std::string> columns;
  std::vector<storage::Value> values;
};

base::Result<Secret> make_secret(AccountDatabase& accounts, const Account& account, const std::string& password,
                                 Store store) {
  const storage::Column* column = dump::find_column(find_table("subscriber"), "password");
  if (store == Store::Plain && column != nullptr && password.size() > column->length) {
    return base::fail(
        fmt::format("a plain password has at most {} bytes; --store ha1 has no such limit", column->length));
  }
  const PasswordHashes hashes = password_hashes(account.user, account.domain, password);
  Secret secret{.columns = {"password", "ha1"},
                .values = {store == Store::Plain ? password : std::string(), hashes.md5}};
  auto sha = accounts.has_column("subscriber", "ha1_sha256");
  if (!sha) return std::unexpected(std::move(sha.error()));
  if (*sha) {
    secret.columns.insert(secret.columns.end(), {"ha1_sha256", "ha1_sha512t256"});
    secret.values.insert(secret.values.end(), {hashes.sha256, hashes.sha512t256});
    return secret;
  }
  // Version 7 has the hash for those who send user@domain as their name.
  auto older = accounts.has_column("subscriber", "ha1b");
  if (!older) return std::unexpected(std::move(older.error()));
  if (*older) {
    secret.columns.emplace_back("ha1b");
    secret.values.emplace_back(password_hashes(account.text(), account.domain, password).md5);
  }
  return secret;
}

std::string_view name_of(Store store) { return store == Store::Plain ? "plain" : "ha1"; }

base::Result<> add(AccountDatabase& accounts, const UserOptions& options, const Account& account, Store store) {
  const std::string taken = account.text() + " is there already";
  auto known = accounts.has_user(account);
  if (!known) return std::unexpected(std::move(known.error()));
  if (*known) return base::fail(taken);
  const auto password = get_password(options.password);
  if (!password) return std::unexpected(password.error());
  auto secret = make_secret(accounts, account, *password, store);
  if (!secret) return std::unexpected(std::move(secret.error()));
  storage::Rows row{.columns = {accounts.user_column(), "domain"}, .values = {account.user, account.domain}};
  row.columns.insert(row.columns.end(), secret->columns.begin(), secret->columns.end());
  row.values.insert(row.values.end(), secret->values.begin(), secret->values.end());
  auto written = accounts.database().write(storage::Insert{.table = "subscriber", .rows = std::move(row)});
  if (written) return {};
  return Database::fault_of(written.error()) == Fault::Duplicate ? base::fail(taken)
                                                                 : std::unexpected(std::move(written.error()));
}

// Of the row that is there.
base::Result<Store> present_store(AccountDatabase& accounts, const Account& account) {
  std::optional<Store> store;
  auto read = accounts.database().select(
      {.table = "subscriber", .columns = {"password"}, .where = accounts.where(account), .limit = 1},
      [&](const storage::Row& row) {
        store = row.text(0).empty() ? Store::Hashes : Store::Plain;
        return false;
      });
  if (!read) return std::unexpected(std::move(read.error()));
  if (!store) return base::fail("there is no user " + account.text());
  return *store;
}

base::Result<> change(AccountDatabase& accounts, const UserOptions& options, const Account& account) {
  const auto before = present_store(accounts, account);
  if (!before) return std::unexpected(before.error());
  const auto password = get_password(options.password);
  if (!password) return std::unexpected(password.error());
  auto secret = make_secret(accounts, account, *password, options.store.value_or(*before));
  if (!secret) return std::unexpected(std::move(secret.error()));
  auto written = accounts.database().write(storage::Update{.table = "subscriber",
                                                           .columns = std::move(secret->columns),
                                                           .values = std::move(secret->values),
                                                           .where = accounts.where(account)});
  if (!written) return std::unexpected(std::move(written.error()));
  return {};
}

// The user and all that is theirs, in one transaction.
base::Result<> remove(AccountDatabase& accounts, const Account& account) {
  auto known = accounts.has_user(account);
  if (!known) return std::unexpected(std::move(known.error()));
  if (!*known) return base::fail("there is no user " + account.text());
  std::vector<storage::Write> writes{storage::Delete{.table = "subscriber", .where = accounts.where(account)}};
  for (const char* table : {"dbaliases", "grp", "usr_preferences", "speed_dial", "uri", "location"}) {
    auto there = accounts.database().has_table(table);
    if (!there) return std::unexpected(std::move(there.error()));
    if (!*there) continue;
    writes.emplace_back(storage::Delete{
        .table = table,
        .where = {{.column = "username", .value = account.user}, {.column = "domain", .value = account.domain}}});
  }
  auto written = accounts.database().write(writes);
  if (!written) return std::unexpected(std::move(written.error()));
  return {};
}

}  // namespace

int add_user(const UserOptions& options) {
  auto accounts = AccountDatabase::open(options.common, "subscriber");
  if (!accounts) return complain(accounts.error().message);
  const auto account = accounts->account(options.name);
  if (!account) return complain(account.error().message);
  const Store usual = accounts->rc().get("STORE_PLAINTEXT_PW") == "1" ? Store::Plain : Store::Hashes;
  const Store store = options.store.value_or(usual);
  if (auto added = add(*accounts, options, *account, store); !added) return complain(added.error().message);
  return report(options.common, {{"added", account->text()}, {"store", name_of(store)}}, account->text() + " added");
}

int change_password(const UserOptions& options) {
  auto accounts = AccountDatabase::open(options.common, "subscriber");
  if (!accounts) return complain(accounts.error().message);
  const auto account = accounts->account(options.name);
  if (!account) return complain(account.error().message);
  if (auto changed = change(*accounts, options, *account); !changed) return complain(changed.error().message);
  return report(options.common, {{"changed", account->text()}}, account->text() + " has a new password");
}

int remove_user(const UserOptions& options) {
  auto accounts = AccountDatabase::open(options.common, "subscriber");
  if (!accounts) return complain(accounts.error().message);
  const auto account = accounts->account(options.name);
  if (!account) return complain(account.error().message);
  if (auto removed = remove(*accounts, *account); !removed) return complain(removed.error().message);
  return report(options.common, {{"removed", account->text()}}, account->text() + " removed");
}

int list_users(const UserOptions& options) {
  auto accounts = AccountDatabase::open(options.common, "subscriber");
  if (!accounts) return complain(accounts.error().message);
  Listing listing(options.common.json);
  storage::Select query{.table = "subscriber",
                        .columns = {accounts->user_column(), "domain", "password"},
                        .order_by = accounts->user_column()};
  if (!options.common.domain.empty()) query.where = {{.column = "domain", .value = options.common.domain}};
  auto read = accounts->database().select(query, [&](const storage::Row& row) {
    const Account account{.user = std::string(row.text(0)), .domain = std::string(row.text(1))};
    listing.add({{"user", account.text()}, {"store", row.text(2).empty() ? "ha1" : "plain"}});
    return true;
  });
  listing.finish();
  return read ? kSuccess : complain(read.error().message);
}

}  // namespace carillon::server
