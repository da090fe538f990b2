// SPDX-License-Identifier: Apache-2.0
// The command line of `carillon db`.
#pragma once

#include <CLI/CLI.hpp>

#include "server/database_commands.h"

namespace carillon::server {

// --url, --rc, -f.
void add_database_flags(CLI::App& command, DatabaseOptions& options);

// Outlives the parsing.
class DatabaseCommandLine {
 public:
  explicit DatabaseCommandLine(CLI::App& app);

  [[nodiscard]] bool parsed() const { return command_.parsed(); }
  // The exit status of the subcommand that was named.
  [[nodiscard]] int run() const;

 private:
  CLI::App& command_;
  CLI::App& create_;
  CLI::App& migrate_;
  CLI::App& drop_;
  CLI::App& dump_;
  CLI::App& load_;
  CreateOptions create_options_;
  MigrateOptions migrate_options_;
  DropOptions drop_options_;
  DumpOptions dump_options_;
  LoadOptions load_options_;
};

}  // namespace carillon::server
