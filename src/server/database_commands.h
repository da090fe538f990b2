// SPDX-License-Identifier: Apache-2.0
// `carillon db ...`: what each subcommand does. All of them return the exit status and say what is wrong on standard
// error.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/database_choice.h"

namespace carillon::server {

struct CreateOptions {
  DatabaseOptions database;
  std::optional<bool> presence;  // not said: asked
  std::optional<bool> extra;
  std::vector<std::string> groups;  // only these; nothing is asked
  std::string root_user;            // makes the database and the users of the rc file; DBROOTUSER of it by default
};
[[nodiscard]] int create_database(const CreateOptions& options);

struct DropOptions {
  DatabaseOptions database;
  bool yes = false;  // don't ask
  std::string root_user;
};
[[nodiscard]] int drop_database(const DropOptions& options);

struct MigrateOptions {
  DatabaseOptions database;
  bool dry_run = false;
  std::string root_user;  // PostgreSQL: who doesn't own a table can't change it
};
[[nodiscard]] int migrate_database(const MigrateOptions& options);

struct DumpOptions {
  DatabaseOptions database;
  std::string file = "-";
  std::vector<std::string> tables;  // none: all
  bool quiet = false;
};
[[nodiscard]] int dump_database(const DumpOptions& options);

struct LoadOptions {
  DatabaseOptions database;
  std::string file = "-";
  bool force = false;  // into tables that have rows, which are replaced where keys are the same
  bool quiet = false;
};
[[nodiscard]] int load_database(const LoadOptions& options);

// "carillon: <what>" on standard error; the exit status.
int complain(const std::string& what);

// The URL with which the database itself is made and removed: that of the administrator when there is one, whose
// password is asked, or read from the environment (DBROOTPW).
[[nodiscard]] base::Result<std::string> administrator_url(const DatabaseChoice& choice, const std::string& root_user);

}  // namespace carillon::server
