// SPDX-License-Identifier: Apache-2.0
// The commands that need nothing but statistics and the process: version, uptime, ps, which, help, statistics.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "management/command.h"
#include "metrics/registry.h"

namespace carillon::management {

// A thread of the server, as `ps` lists it.
struct Worker {
  std::int64_t id = 0;
  std::int64_t pid = 0;
  std::string type;  // "UDP receiver", "timer", "attendant"
};

// All must outlive the registry.
struct CoreServices {
  std::string version;   // what `version` answers: "Carillon (0.1.0 (x86_64/linux))"
  std::string revision;  // of the source; empty: unknown
  const base::Clock* clock = nullptr;
  metrics::Registry* statistics = nullptr;
  std::function<std::vector<Worker>()> workers;
};

// Adds them; the time of the call is the start that `uptime` tells.
[[nodiscard]] base::Result<> add_core_commands(CommandRegistry& registry, CoreServices services);

}  // namespace carillon::management
