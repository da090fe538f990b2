// SPDX-License-Identifier: Apache-2.0
// See account_database.h.
#include "server/account_database.h"

#include <fmt/format.h>

#include "server/database_commands.h"
#include "server/database_tables.h"

namespace carillon::server {

using management::Json;
using storage::Database;
using storage::Fault;

base::Result<AccountDatabase> AccountDatabase::open(const AccountOptions& options, std::string_view table) {
  auto choice = DatabaseChoice::make(options.database);
  if (!choice) return std::unexpected(std::move(choice.error()));
  AccountDatabase accounts(std::move(*choice));
  DatabaseChoice& chosen = accounts.choice_;
  auto database = chosen.is_embedded_default() ? chosen.databases().create(chosen.url()) : chosen.open();
  if (!database) return std::unexpected(std::move(database.error()));
  accounts.database_ = std::move(*database);
  accounts.domain_ = options.domain.empty() ? chosen.rc().get("SIP_DOMAIN") : options.domain;
  if (const std::string column = chosen.rc().get("USERCOL"); !column.empty()) accounts.user_column_ = column;
  if (chosen.is_embedded_default()) {
    if (auto made = accounts.database_->create_table(*find_table(table)); !made) return std::unexpected(made.error());
  }
  auto there = accounts.database_->has_table(table);
  if (!there) return std::unexpected(std::move(there.error()));
  if (!*there) {
    return base::fail(
        fmt::format("{} has no table '{}': `carillon db create` makes the tables", chosen.display(), table));
  }
  return accounts;
}

base::Result<Account> AccountDatabase::account(std::string_view text) const { return Account::parse(text, domain_); }

storage::Conditions AccountDatabase::where(const Account& account) const {
  return {{.column = user_column_, .value = account.user}, {.column = "domain", .value = account.domain}};
}

base::Result<bool> AccountDatabase::exists(std::string_view table, storage::Conditions where) {
  bool found = false;
  auto read = database_->select({.table = std::string(table), .columns = {"id"}, .where = std::move(where), .limit = 1},
                                [&](const storage::Row&) {
                                  found = true;
                                  return false;
                                });
  if (!read) return std::unexpected(std::move(read.error()));
  return found;
}

base::Result<bool> AccountDatabase::has_user(const Account& account) { return exists("subscriber", where(account)); }

base::Result<bool> AccountDatabase::has_column(std::string_view table, std::string_view column) {
  auto read = database_->select({.table = std::string(table), .columns = {std::string(column)}, .limit = 1},
                                [](const storage::Row&) { return false; });
  if (read) return true;
  const Fault fault = Database::fault_of(read.error());
  if (storage::may_pass(fault)) return std::unexpected(std::move(read.error()));
  return false;
}

int report(const AccountOptions& options, const Answer& answer, std::string_view sentence) {
  if (!options.json) {
    fmt::print("{}\n", sentence);
    return kSuccess;
  }
  auto object = Json::object();
  for (const auto& [name, value] : answer) object.add(name, value);
  fmt::print("{}\n", object.text());
  return kSuccess;
}

void Listing::add(const Answer& answer) {
  if (json_) {
    auto object = Json::object();
    for (const auto& [name, value] : answer) object.add(name, value);
    fmt::print("{}{}", any_ ? ",\n" : "[", object.text());
    any_ = true;
    return;
  }
  std::string line;
  for (const auto& [name, value] : answer) {
    const std::string* text = value.if_string();
    const std::string cell = text != nullptr ? *text : value.text();
    if (!cell.empty()) line += (line.empty() ? "" : "  ") + cell;
  }
  fmt::print("{}\n", line);
}

void Listing::finish() const {
  if (json_) fmt::print("{}]\n", any_ ? "" : "[");
}

}  // namespace carillon::server
