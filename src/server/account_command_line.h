// SPDX-License-Identifier: Apache-2.0
// The command lines of `carillon user`, `domain`, `alias` and `acl`.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "server/account_commands.h"

namespace carillon::server {

// Outlives the parsing.
class AccountCommandLine {
 public:
  explicit AccountCommandLine(CLI::App& app);

  // The exit status of the subcommand that was named; nothing when none of these was.
  [[nodiscard]] std::optional<int> run() const;

 private:
  void add_user_commands(CLI::App& app);
  void add_domain_commands(CLI::App& app);
  void add_alias_commands(CLI::App& app);
  void add_acl_commands(CLI::App& app);
  CLI::App& add(CLI::App& parent, const char* name, const char* help, AccountOptions& common,
                std::function<int()> action);

  UserOptions user_;
  DomainOptions domain_;
  AliasOptions alias_;
  AclOptions acl_;
  std::vector<std::pair<CLI::App*, std::function<int()>>> commands_;
};

}  // namespace carillon::server
