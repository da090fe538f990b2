// SPDX-License-Identifier: Apache-2.0
// What the subcommands for users, domains, aliases and groups have in common: the open database, names, answers.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "management/json.h"
#include "server/account_commands.h"

namespace carillon::server {

class AccountDatabase {
 public:
  // Open, with a table of that name. The embedded default's is made when it isn't there: its first user is added so.
  [[nodiscard]] static base::Result<AccountDatabase> open(const AccountOptions& options, std::string_view table);

  [[nodiscard]] storage::Database& database() { return *database_; }
  // The column that has the name of a user (USERCOL of the rc file).
  [[nodiscard]] const std::string& user_column() const { return user_column_; }
  [[nodiscard]] const RcFile& rc() const { return choice_.rc(); }

  [[nodiscard]] base::Result<Account> account(std::string_view text) const;
  // Rows of the table that the conditions fit; `columns` of the first of them.
  [[nodiscard]] base::Result<bool> exists(std::string_view table, storage::Conditions where);
  [[nodiscard]] base::Result<bool> has_user(const Account& account);
  [[nodiscard]] base::Result<bool> has_column(std::string_view table, std::string_view column);
  [[nodiscard]] storage::Conditions where(const Account& account) const;

 private:
  explicit AccountDatabase(DatabaseChoice choice) : choice_(std::move(choice)) {}

  DatabaseChoice choice_;
  std::shared_ptr<storage::Database> database_;  // Databases hands them out so
  std::string domain_;
  std::string user_column_ = "username";
};

// Members of an answer in their order.
using Answer = std::vector<std::pair<std::string, management::Json>>;

// {"user":"alice@example.org"} or a sentence, on standard output.
int report(const AccountOptions& options, const Answer& answer, std::string_view sentence);

// A list of such, written as it is read.
class Listing {
 public:
  explicit Listing(bool json) : json_(json) {}
  void add(const Answer& answer);
  void finish() const;

 private:
  bool json_;
  bool any_ = false;
};

}  // namespace carillon::server
