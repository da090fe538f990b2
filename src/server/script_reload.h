// SPDX-License-Identifier: Apache-2.0
// Another script for the running server: read and checked whole beside the old one, which stays when there is a
// mistake.
#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <string>

#include "base/result.h"
#include "engine/engine.h"
#include "management/command.h"
#include "module/registry.h"
#include "script/program.h"
#include "script/source.h"
#include "storage/pool.h"

namespace carillon::server {

// Routes are replaced; what stands outside of them (parameters, modules, modparams, sockets) was read at start and
// stays as it is, which is said when the new script has other ones.
class ScriptReload {
 public:
  // Reads the script as it is now. May block.
  using Read = std::function<base::Result<script::Source>()>;

  // All outlive it. `first`: what the server started with.
  struct Parts {
    module::Registry& registry;
    engine::Engine& engine;
    shard::Shards& shards;
    storage::Pool& pool;
  };
  ScriptReload(const Parts& parts, Read read, const script::Settings& first);

  // Any thread that may block for as long as it takes to read and compile; one at a time, others wait for their turn.
  // The new routes serve whatever begins after it. An error has all diagnostics, as `carillon check` prints them; the
  // old script is in force then. What happened is logged too.
  [[nodiscard]] base::Result<> run();

  // The command core:reload_routes, which runs it on the pool.
  [[nodiscard]] base::Result<> add_command(management::CommandRegistry& commands);

 private:
  [[nodiscard]] base::Result<> replace();
  void tell_of_settings(const script::Program& program) const;
  [[nodiscard]] base::Task<base::Result<management::Json>> run_command();

  const Parts parts_;
  const Read read_;
  const std::multiset<std::string> in_force_;  // settings, as lines that can be compared
  std::mutex mutex_;
};

}  // namespace carillon::server
