// SPDX-License-Identifier: Apache-2.0
// `carillon explain`.
#pragma once

#include <string>
#include <vector>

#include "server/options.h"

namespace carillon::server {

struct ExplainOptions {
  ScriptOptions script = {};
  std::vector<std::string> requests = {};  // files, one behind the other; "-": standard input
  std::string source = {};                 // address:port; empty: what the top Via says
  std::string transport = "udp";
  std::string socket =
      {};                  // which of the script's it comes to, "udp:192.0.2.1:5060"; empty: the first of the transport
  std::string time = {};   // how much time passes after each request, as "32s"; empty: until no run waits
  bool databases = false;  // read those of the script
  bool json = false;
};

// Runs the requests through the script on a network and a clock of its own, and prints what the script did and what
// would have been sent. kFailure: a request isn't one that the script is run for. kBadStart: the script has errors or
// can't start.
[[nodiscard]] int explain_requests(const ExplainOptions& options);

}  // namespace carillon::server
