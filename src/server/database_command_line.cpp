// SPDX-License-Identifier: Apache-2.0
// See database_command_line.h.
#include "server/database_command_line.h"

#include <map>

namespace carillon::server {
namespace {

void add_yes_or_no(CLI::App& command, const std::string& flag, std::optional<bool>& value, const std::string& help) {
  command.add_option_function<std::string>(
             flag, [&value](const std::string& text) { value = text == "yes"; }, help)
      ->check(CLI::IsMember({"yes", "no"}));
}

constexpr const char* kRootUser =
    "Administrator of the database server, who makes the database and its users (default: DBROOTUSER of the rc file); "
    "the "
    "password is asked, or read from the environment (DBROOTPW)";

}  // namespace

void add_database_flags(CLI::App& command, DatabaseOptions& options) {
  command.add_option("--url", options.url,
                     "The database, as sqlite:///path, mysql://user:password@host/name, postgres://... (default: "
                     "CARILLON_DB_URL of the environment, or the file of the embedded default)");
  command.add_option("--rc", options.rc_file, "Settings of the classic tools, as /etc/opensips/opensipsctlrc");
  command.add_option("-f,--file", options.script.file, "Routing script whose db_default_url names the database");
}

DatabaseCommandLine::DatabaseCommandLine(CLI::App& app)
    : command_(*app.add_subcommand("db", "Make, change and copy databases")),
      create_(*command_.add_subcommand("create", "Make the database and its tables; tables that are there stay")),
      migrate_(*command_.add_subcommand("migrate", "Bring the tables of OpenSIPS 3.0 to 4.0 to the newest versions")),
      drop_(*command_.add_subcommand("drop", "Remove the database with all that is in it")),
      dump_(*command_.add_subcommand("dump", "Write all tables to one file, which any kind of database loads")),
      load_(*command_.add_subcommand("load", "Read such a file into a database")) {
  command_.require_subcommand(1);

  add_database_flags(create_, create_options_.database);
  add_yes_or_no(create_, "--presence", create_options_.presence, "Make the tables of presence, too: yes or no");
  add_yes_or_no(create_, "--extra", create_options_.extra, "Make the tables of less used modules, too: yes or no");
  create_.add_option("--group", create_options_.groups, "Make the tables of this group only, as acc; repeatable");
  create_.add_option("--root-user", create_options_.root_user, kRootUser);

  add_database_flags(migrate_, migrate_options_.database);
  migrate_.add_flag("--dry-run", migrate_options_.dry_run, "Say what would be done, and do nothing");

  add_database_flags(drop_, drop_options_.database);
  drop_.add_flag("--yes", drop_options_.yes, "Don't ask");
  drop_.add_option("--root-user", drop_options_.root_user, kRootUser);

  add_database_flags(dump_, dump_options_.database);
  dump_.add_option("output", dump_options_.file, "File to write ('-': standard output)");
  dump_.add_option("--table", dump_options_.tables, "Only this table; repeatable");
  dump_.add_flag("-q,--quiet", dump_options_.quiet, "No progress");

  add_database_flags(load_, load_options_.database);
  load_.add_option("input", load_options_.file, "File to read ('-': standard input)");
  load_.add_flag("--force", load_options_.force, "Also into tables that have rows; the same keys are overwritten");
  load_.add_flag("-q,--quiet", load_options_.quiet, "No progress");
}

int DatabaseCommandLine::run() const {
  if (create_.parsed()) return create_database(create_options_);
  if (migrate_.parsed()) return migrate_database(migrate_options_);
  if (drop_.parsed()) return drop_database(drop_options_);
  if (dump_.parsed()) return dump_database(dump_options_);
  return load_database(load_options_);
}

}  // namespace carillon::server
