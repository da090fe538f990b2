// SPDX-License-Identifier: Apache-2.0
// `carillon test`.
#pragma once

#include <string>
#include <vector>

#include "server/options.h"

namespace carillon::server {

struct PlayOptions {
  ScriptOptions script = {};
  std::vector<std::string> scenarios = {};  // files, and folders with .scn files below them
  std::string filter = {};                  // a part of the path, or a pattern with * and ?; empty: all
  bool verbose = false;                     // what was on the wire and what the script did, also where all is well
};

// Plays each scenario on its own, and prints how each went. kFailure: one failed. kBadStart: the script has errors, a
// file can't be read, or there is nothing to play.
[[nodiscard]] int play_scenarios(const PlayOptions& options);

}  // namespace carillon::server
