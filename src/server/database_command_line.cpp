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
    "the password is asked, or read from the environment (DBROOTPW)";

constexpr const char* kMigrateFooter =
    "Columns are added, renamed, and widened where their type holds less than that of the newest version; none is "
    "removed or narrowed, and rows stay. SQLite's types limit nothing, so there is nothing to widen.";

constexpr const char* kDumpFooter =
    "The file shows all tables as they were at one moment, while others go on writing. Exceptions: tables of MariaDB "
    "and MySQL whose engine has no transactions (MyISAM), files of text and berkeley, and ODBC drivers without "
    "serializable transactions are read one table after the other. Rows aren't held in memory, unless an ODBC driver "
    "does it (PostgreSQL's: UseDeclareFetch=1 in its data source; MariaDB's: OPTION=3145728).";

constexpr const char* kLoadFooter =
    "All is loaded, or nothing, and an error names the row; tables that are missing are made first, and stay. Files of "
    "text and berkeley, and sets of db_virtual that write to several databases, have no such transactions: rows are "
    "written by 500, and the tables are emptied again after an error.";

}  // namespace

void add_database_flags(CLI::App& command, DatabaseOptions& options) {
  // A variable that somebody's shell doesn't know must not mean the embedded default.
  const auto said = [](const std::string& text) { return text.empty() ? std::string("it is empty") : std::string(); };
  command
      .add_option("--url", options.url,
                  "The database, as sqlite:///path, mysql://user:password@host/name, postgres://... (default: "
                  "CARILLON_DB_URL of the environment, or the file of the embedded default)")
      ->check(said);
  command.add_option("--rc", options.rc_file, "Settings of the classic tools, as /etc/opensips/opensipsctlrc")
      ->check(said);
  command.add_option("-f,--file", options.script.file, "Routing script whose db_default_url names the database")
      ->check(said);
}

DatabaseCommandLine::DatabaseCommandLine(CLI::App& app)
    : command_(*app.add_subcommand("db", "Make, change and copy databases")),
      create_(*command_.add_subcommand("create", "Make the database and its tables; tables that are there stay")),
      migrate_(*command_.add_subcommand("migrate", "Bring the tables of OpenSIPS 3.0 to 4.0 to the newest versions")),
      drop_(*command_.add_subcommand("drop", "Remove the database with all that is in it")),
      dump_(*command_.add_subcommand("dump", "Write all tables to one file, which any kind of database loads")),
      load_(*command_.add_subcommand("load", "Read such a file into a database")) {
  command_.require_subcommand(1);
  migrate_.footer(kMigrateFooter);
  dump_.footer(kDumpFooter);
  load_.footer(kLoadFooter);

  add_database_flags(create_, create_options_.database);
  add_yes_or_no(create_, "--presence", create_options_.presence, "Make the tables of presence, too: yes or no");
  add_yes_or_no(create_, "--extra", create_options_.extra, "Make the tables of less used modules, too: yes or no");
  create_.add_option("--group", create_options_.groups, "Make the tables of this group only, as acc; repeatable");
  create_.add_option("--root-user", create_options_.root_user, kRootUser);

  add_database_flags(migrate_, migrate_options_.database);
  migrate_.add_flag("--dry-run", migrate_options_.dry_run, "Say what would be done, and do nothing");
  migrate_.add_option("--root-user", migrate_options_.root_user,
                      "Administrator of the database server, where the user of the URL may not change tables "
                      "(PostgreSQL: doesn't own them); the password is asked, or read from the environment (DBROOTPW)");

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
