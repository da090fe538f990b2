// SPDX-License-Identifier: Apache-2.0
// `carillon user|domain|alias|acl ...`: what each subcommand does. All return the exit status and say what is wrong on
// standard error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/account.h"
#include "server/database_choice.h"

namespace carillon::server {

struct AccountOptions {
  DatabaseOptions database;
  std::string domain;  // of names without one; otherwise SIP_DOMAIN of the rc file
  bool json = false;
};

enum class Store : std::uint8_t { Hashes, Plain };  // Plain: the password beside them

struct PasswordOptions {
  std::string text;         // given on the command line
  bool from_stdin = false;  // a line of standard input; otherwise the terminal is asked
};

struct UserOptions {
  AccountOptions common;
  std::string name;
  PasswordOptions password;
  std::optional<Store> store;  // not said: Hashes; for passwd as it was
};
[[nodiscard]] int add_user(const UserOptions& options);
[[nodiscard]] int remove_user(const UserOptions& options);
[[nodiscard]] int change_password(const UserOptions& options);
[[nodiscard]] int list_users(const UserOptions& options);

struct DomainOptions {
  AccountOptions common;
  std::string name;
  std::string attrs;
  bool accept_subdomain = false;
};
[[nodiscard]] int add_domain(const DomainOptions& options);
[[nodiscard]] int remove_domain(const DomainOptions& options);
[[nodiscard]] int list_domains(const DomainOptions& options);

struct AliasOptions {
  AccountOptions common;
  std::string alias;
  std::string user;
};
[[nodiscard]] int add_alias(const AliasOptions& options);
[[nodiscard]] int remove_alias(const AliasOptions& options);
[[nodiscard]] int list_aliases(const AliasOptions& options);

struct AclOptions {
  AccountOptions common;
  std::string user;
  std::vector<std::string> groups;
};
[[nodiscard]] int grant_groups(const AclOptions& options);
[[nodiscard]] int revoke_groups(const AclOptions& options);
[[nodiscard]] int list_groups(const AclOptions& options);

}  // namespace carillon::server
