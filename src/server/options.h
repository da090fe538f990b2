// SPDX-License-Identifier: Apache-2.0
// What the command line asks for.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace carillon::server {

// Exit statuses.
inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;
inline constexpr int kBadStart = 2;  // flags, script, files, sockets: nothing was started

struct ScriptOptions {
  std::string file = {};                    // empty: the embedded default; "-": standard input
  std::string preprocessor = {};            // -p
  std::vector<std::string> arguments = {};  // -o name=value, what $argv(name) is
};

struct CheckOptions {
  bool json = false;    // the diagnostics as JSON on standard output instead of text on standard error
  bool strict = false;  // warnings fail too
};

struct RunOptions {
  ScriptOptions script;
  std::vector<std::string> listen;  // "udp:127.0.0.1:5060"; join those of the script
  std::string advertise;            // host[:port]
  std::vector<std::string> domains;
  std::string db_url;
  unsigned workers = 0;  // 0: one a core
  std::optional<int> log_level;
  int more_verbose = 0;  // so many levels more than the script says
  bool check_via = false;
  std::string log_format;  // text, json, syslog; empty: as the script says
  std::string log_file;
  std::string working_directory;
  std::string change_root;
  std::string user;
  std::string group;
  std::string pid_file;
  unsigned shutdown_seconds = 5;  // live transactions may take this long after SIGTERM
};

}  // namespace carillon::server
