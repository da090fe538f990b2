// SPDX-License-Identifier: Apache-2.0
// Stack: transport, engine and modules around one script, wired together and without threads of its own. The program
// runs it on the kernel's network and clock, scenario tests on fake ones.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/command_dispatcher.h"
#include "engine/engine.h"
#include "management/core_commands.h"
#include "management/events.h"
#include "management/status_reports.h"
#include "module/registry.h"
#include "modules/core/core.h"
#include "net/network.h"
#include "server/script_reload.h"
#include "storage/database.h"
#include "storage/key_value.h"
#include "storage/pool.h"

namespace carillon::server {

// The core module of a registry: every registry has it.
[[nodiscard]] core::Core& core_module(module::Registry& registry);

// Constructed, given its sockets through transport(), started; then workers may run. Destroyed after they stopped.
class Stack {
 public:
  // What it stands on. Outlives it.
  struct Ground {
    const base::Clock& clock;
    shard::Shards& shards;
    net::Network& network;
    transport::Resolver& resolver;
    storage::Pool& pool;
  };
  struct Options {
    std::string version;
    std::function<std::vector<management::Worker>()> workers;  // for the command `ps`
    bool create_databases = false;                             // a database that isn't there is made
    storage::Database::Limits databases = {};
    ScriptReload::Read read_script = {};  // for a reload; none: there is nothing to load again
    module::StandIn* stand_in = nullptr;  // module::Services::stand_in; outlives the stack
    script::Tracer* tracer = nullptr;     // watches the runs of the script; outlives the stack
  };

  // `registry` has compiled `program`, and outlives the stack.
  Stack(const Ground& ground, module::Registry& registry, std::shared_ptr<const script::Program> program,
        Options options);
  ~Stack() { stop(); }
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  [[nodiscard]] transport::TransportLayer& transport() { return transport_; }
  [[nodiscard]] const transport::TransportLayer& transport() const { return transport_; }
  [[nodiscard]] routing::Identity& identity() { return identity_; }
  [[nodiscard]] engine::Engine& engine() { return engine_; }
  [[nodiscard]] metrics::Registry& statistics() { return statistics_; }
  // Runs management commands.
  [[nodiscard]] management::Dispatcher& dispatcher() { return dispatcher_; }
  // Replaces the routes of the script.
  [[nodiscard]] ScriptReload& script_reload() { return script_reload_; }
  // For drivers besides those of the modules, before start().
  [[nodiscard]] storage::Databases& databases() { return databases_; }
  [[nodiscard]] storage::KeyValueStores& key_values() { return key_values_; }

  // Something took longer than its threshold. Any thread.
  void report_slow(std::string_view source, std::string_view what, base::Duration took) {
    engine_.report_slow(source, what, took);
  }

  // Knows its own names, starts the modules and the script. What kept it from starting, all of it.
  [[nodiscard]] std::vector<std::string> start();
  // Ends the runs that wait, and stops the modules. A second call does nothing.
  void stop();

 private:
  [[nodiscard]] std::vector<std::string> add_bonds();
  void tell_log_events();
  [[nodiscard]] std::vector<std::string> start_modules();

  const Ground ground_;
  module::Registry& registry_;
  std::shared_ptr<const script::Program> program_;
  const Options options_;
  core::Core& core_;
  metrics::Registry statistics_;
  storage::Databases databases_;
  storage::KeyValueStores key_values_;
  management::CommandRegistry commands_;
  management::Events events_;
  management::StatusReports status_reports_;
  transport::TransportLayer transport_;
  routing::ProxySettings proxy_settings_;
  routing::Identity identity_;
  engine::Engine engine_;
  engine::CommandDispatcher dispatcher_;
  ScriptReload script_reload_;
  bool modules_started_ = false;
};

}  // namespace carillon::server
