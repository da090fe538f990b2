// SPDX-License-Identifier: Apache-2.0
// See command_line.h.
#include "server/command_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "lsp/stdio.h"
#include "modules/module_list.h"
#include "server/account_command_line.h"
#include "server/check.h"
#include "server/database_command_line.h"
#include "server/describe.h"
#include "server/options.h"
#include "server/server.h"
#include "server/version.h"

namespace carillon::server {
namespace {

void add_script_flags(CLI::App& command, ScriptOptions& script) {
  command.add_option("-f,--file", script.file, "Routing script (default: the embedded one; '-': standard input)");
  command.add_option("-p,--preprocessor", script.preprocessor, "Shell command the script is piped through");
  command.add_option("-o,--option", script.arguments, "name=value, which the script reads as $argv(name); repeatable")
      ->allow_extra_args(false)
      ->check([](const std::string& text) {
        const std::size_t equals = text.find('=');
        return equals == 0 || equals == std::string::npos ? "-o takes name=value" : std::string();
      });
}

void add_ignored_flags(CLI::App& command, std::vector<std::string>& given) {
  static constexpr const char* kReasons[][2] = {
      {"-m", "memory needs no size"},    {"-M", "memory needs no size"},
      {"-b", "buffers size themselves"}, {"-a", "there is one allocator"},
      {"-k", "there is one allocator"},  {"-s", "there is one allocator"},
      {"-e", "there is one allocator"},  {"-N", "workers serve all protocols (see --workers)"},
      {"-W", "the event loop chooses"},  {"-G", "use -P"},
  };
  for (const auto& [flag, reason] : kReasons) {
    command.add_option_function<std::string>(
        flag,
        [&given, name = std::string(flag), why = std::string(reason)](const std::string& /*value*/) {
          given.push_back(fmt::format("{} is accepted and not needed: {}", name, why));
        },
        fmt::format("Accepted as OpenSIPS has it: {}", reason));
  }
  static constexpr const char* kFlags[][2] = {
      {"-E", "the log goes to standard error"},
      {"-T", "sockets say which protocols are used"},
      {"-i", "not needed"},
      {"-r", "received= follows the source address"},
      {"-R", "received= follows the source address"},
  };
  for (const auto& [flag, reason] : kFlags) {
    command.add_flag_function(
        flag,
        [&given, name = std::string(flag), why = std::string(reason)](std::int64_t /*count*/) {
          given.push_back(fmt::format("{} is accepted and not needed: {}", name, why));
        },
        fmt::format("Accepted as OpenSIPS has it: {}", reason));
  }
}

void add_run_flags(CLI::App& command, RunOptions& options) {
  add_script_flags(command, options.script);
  command.add_option("-l,--listen", options.listen, "Socket, as udp:127.0.0.1:5060; repeatable");
  command.add_option("-A,--advertise", options.advertise, "Host (and :port) written into Via and Record-Route");
  command.add_option("--domain", options.domains, "A domain that is ours; repeatable");
  command.add_option("--db", options.db_url, "Database of the embedded default, as sqlite:///path");
  command.add_option("-n,--workers", options.workers, "Threads at most (default: one a core)");
  command.add_option("--log-level", options.log_level, "From -3 (alert) to 4 (debug)");
  command.add_option("--log-format", options.log_format, "text, json or syslog")
      ->check(CLI::IsMember({"text", "json", "syslog"}));
  command.add_option("--log-file", options.log_file, "Write the log here; SIGHUP opens it again");
  command.add_option("-w", options.working_directory, "Working directory");
  command.add_option("-t", options.change_root, "Change the root directory");
  command.add_option("-u", options.user, "Run as this user");
  command.add_option("-g", options.group, "Run as this group");
  command.add_option("-P,--pid-file", options.pid_file, "Write the process id here");
  command.add_option("--shutdown-seconds", options.shutdown_seconds, "Time for live transactions after SIGTERM");
}

CLI::App& add_language_server(CLI::App& app) {
  CLI::App& command =
      *app.add_subcommand("lsp", "Serve an editor (Language Server Protocol) on standard input and output");
  command.add_flag("--stdio")->description("The only way there is; some editors give it");
  return command;
}

}  // namespace

int run_command_line(int argc, char** argv, Subcommands& more) {
  CLI::App app("Carillon, a SIP server");
  app.set_version_flag("-V,--version", version_text());
  app.require_subcommand(0, 1);

  RunOptions run_options;
  std::vector<std::string> notes;
  bool check_only = false;
  bool debug = false;
  CLI::App& run = *app.add_subcommand("run", "Run the server in the foreground");
  add_run_flags(run, run_options);
  add_ignored_flags(run, notes);
  run.add_flag("-c,-C", check_only, "Only check the script, as `carillon check`");
  bool foreground = true;
  run.add_flag("-F", foreground, "Stay in the foreground (always so)");
  run.add_flag("-D", debug, "Log debug messages");
  run.add_flag("-d", run_options.more_verbose, "One log level more; repeatable");
  run.add_flag("-v", run_options.check_via, "Drop responses whose top Via is not ours, as check_via in a script");
  run.set_version_flag("-V,--version", version_text());

  ScriptOptions checked;
  CheckOptions check_options;
  CLI::App& check = *app.add_subcommand("check", "Check a script without opening a socket");
  add_script_flags(check, checked);
  check.add_option("FILE", checked.file, "The same as --file");
  check.add_flag("--json", check_options.json, "Print the diagnostics as JSON on standard output");
  check.add_flag("--strict", check_options.strict, "Warnings fail too, with exit status 1");

  more.add_to(app);
  DatabaseCommandLine database(app);
  AccountCommandLine accounts(app);

  const CLI::App& language_server = add_language_server(app);
  CLI::App& describe = *app.add_subcommand("describe", "Print the reference of all modules as Markdown");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app.exit(error);
    fmt::print(stderr, "carillon: {} (see carillon --help)\n", error.what());
    return kBadStart;
  }
  if (app.get_subcommands().empty()) {
    fmt::print(
        stderr,
        "carillon: a command is needed: run, check, lsp, init, test, explain, fmt, db, user, domain, alias, acl or "
        "describe (see carillon "
        "--help)\n");
    return kBadStart;
  }
  for (const std::string& note : notes) fmt::print(stderr, "carillon: note: {}\n", note);
  if (const auto status = more.run()) return *status;
  if (database.parsed()) return database.run();
  if (const auto status = accounts.run()) return *status;
  if (language_server.parsed()) return lsp::serve(STDIN_FILENO, STDOUT_FILENO, modules::all(), version_text());
  if (describe.parsed()) return describe_modules();
  if (check.parsed()) return check_script(checked, check_options);
  if (check_only) return check_script(run_options.script, {});
  if (debug && !run_options.log_level) run_options.log_level = 4;
  return run_server(run_options);
}

}  // namespace carillon::server
