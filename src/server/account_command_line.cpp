// SPDX-License-Identifier: Apache-2.0
// See account_command_line.h.
#include "server/account_command_line.h"

#include "server/database_command_line.h"

namespace carillon::server {
namespace {

constexpr const char* kUserHelp = "The user, as alice@example.org, or alice with --domain";

void add_password_flags(CLI::App& command, UserOptions& options) {
  command.add_option("--password", options.password.text, "The password, for everybody on this machine to see");
  command.add_flag("--password-stdin", options.password.from_stdin, "Read the password from a line of standard input");
  command
      .add_option_function<std::string>(
          "--store",
          [&options](const std::string& text) { options.store = text == "plain" ? Store::Plain : Store::Hashes; },
          "ha1: only hashes of it; plain: also the password itself (default: ha1, or as it was)")
      ->check(CLI::IsMember({"ha1", "plain"}));
}

}  // namespace

AccountCommandLine::AccountCommandLine(CLI::App& app) {
  add_user_commands(app);
  add_domain_commands(app);
  add_alias_commands(app);
  add_acl_commands(app);
}

CLI::App& AccountCommandLine::add(CLI::App& parent, const char* name, const char* help, AccountOptions& common,
                                  std::function<int()> action) {
  CLI::App& command = *parent.add_subcommand(name, help);
  add_database_flags(command, common.database);
  command.add_option("--domain", common.domain, "The domain of names without one (default: SIP_DOMAIN of the rc file)");
  command.add_flag("--json", common.json, "Answer in JSON");
  commands_.emplace_back(&command, std::move(action));
  return command;
}

void AccountCommandLine::add_user_commands(CLI::App& app) {
  CLI::App& user = *app.add_subcommand("user", "Who may register: the table subscriber");
  user.require_subcommand(1);
  CLI::App& add_one =
      add(user, "add", "Add a user; the password is asked", user_.common, [this] { return add_user(user_); });
  add_one.add_option("user", user_.name, kUserHelp)->required();
  add_password_flags(add_one, user_);
  CLI::App& password =
      add(user, "passwd", "Change the password of a user", user_.common, [this] { return change_password(user_); });
  password.add_option("user", user_.name, kUserHelp)->required();
  add_password_flags(password, user_);
  add(user, "rm", "Remove a user with their aliases, groups, preferences and contacts", user_.common,
      [this] { return remove_user(user_); })
      .add_option("user", user_.name, kUserHelp)
      ->required();
  add(user, "list", "List the users", user_.common, [this] { return list_users(user_); });
}

void AccountCommandLine::add_domain_commands(CLI::App& app) {
  CLI::App& domain = *app.add_subcommand("domain", "Domains that are ours: the table domain");
  domain.require_subcommand(1);
  CLI::App& add_one = add(domain, "add", "Add a domain", domain_.common, [this] { return add_domain(domain_); });
  add_one.add_option("name", domain_.name, "The domain, as example.org")->required();
  add_one.add_option("--attrs", domain_.attrs, "What is_from_local() and the like hand to the script");
  add_one.add_flag("--accept-subdomain", domain_.accept_subdomain, "Names below it are ours, too");
  add(domain, "rm", "Remove a domain", domain_.common, [this] { return remove_domain(domain_); })
      .add_option("name", domain_.name, "The domain")
      ->required();
  add(domain, "list", "List the domains", domain_.common, [this] { return list_domains(domain_); });
}

void AccountCommandLine::add_alias_commands(CLI::App& app) {
  CLI::App& alias = *app.add_subcommand("alias", "Other names of users: the table dbaliases");
  alias.require_subcommand(1);
  CLI::App& add_one =
      add(alias, "add", "Add another name of a user", alias_.common, [this] { return add_alias(alias_); });
  add_one.add_option("alias", alias_.alias, "The other name, as sales@example.org")->required();
  add_one.add_option("user", alias_.user, kUserHelp)->required();
  add(alias, "rm", "Remove such a name", alias_.common, [this] { return remove_alias(alias_); })
      .add_option("alias", alias_.alias, "The other name")
      ->required();
  add(alias, "list", "List them, or those of one user", alias_.common, [this] {
    return list_aliases(alias_);
  }).add_option("user", alias_.user, kUserHelp);
}

void AccountCommandLine::add_acl_commands(CLI::App& app) {
  CLI::App& acl = *app.add_subcommand("acl", "Groups of users, as what they may call: the table grp");
  acl.require_subcommand(1);
  CLI::App& grant = add(acl, "add", "Put a user into groups", acl_.common, [this] { return grant_groups(acl_); });
  grant.alias("grant");
  grant.add_option("user", acl_.user, kUserHelp)->required();
  grant.add_option("groups", acl_.groups, "Names of groups, as international")->required();
  CLI::App& revoke = add(acl, "rm", "Take a user out of groups; out of all when none is named", acl_.common,
                         [this] { return revoke_groups(acl_); });
  revoke.alias("revoke");
  revoke.add_option("user", acl_.user, kUserHelp)->required();
  revoke.add_option("groups", acl_.groups, "Names of groups");
  CLI::App& show = add(acl, "list", "List who is in which group", acl_.common, [this] { return list_groups(acl_); });
  show.alias("show");
  show.add_option("user", acl_.user, kUserHelp);
}

std::optional<int> AccountCommandLine::run() const {
  for (const auto& [command, action] : commands_) {
    if (command->parsed()) return action();
  }
  return std::nullopt;
}

}  // namespace carillon::server
