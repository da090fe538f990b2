// SPDX-License-Identifier: Apache-2.0
// The server of a scenario, whole but for the kernel: the stack that the program runs, on the fake network and clock.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "server/stack.h"
#include "testing/scenario/fake_resolver.h"
#include "testing/scenario/scenario_database.h"
#include "testing/simulation.h"

namespace carillon::testing {

class World {
 public:
  struct Setup {
    std::string path;                  // of the scenario: what diagnostics call the script
    std::string script;                // line n of it is line n of the scenario
    std::vector<std::string> modules;  // besides those every scenario has, if they are there
    struct Parameter {
      std::string module;
      std::string name;
      std::string value;  // as in a script
    };
    std::vector<Parameter> parameters;
    // "udp:10.0.0.1:5060"; none: those of the script, and where it has none UDP and TCP at 10.0.0.1
    std::vector<std::string> sockets;
    std::map<std::string, std::string> arguments;  // -o
    std::vector<std::string> names;                // of ours, besides example.org
    bool database = false;                         // db_default_url is one with the tables of the modules
    std::vector<std::string> rows;                 // statements that fill it
  };

  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] base::Result<> start(const Setup& setup);

  [[nodiscard]] FakeNetwork& network() { return simulation_.network(); }
  [[nodiscard]] FakeResolver& resolver() { return resolver_; }
  // With Setup::database, once started.
  [[nodiscard]] ScenarioDatabase* database() { return database_.get(); }
  [[nodiscard]] metrics::Registry& statistics() { return stack_->statistics(); }
  // What runs management commands.
  [[nodiscard]] management::Dispatcher& commands() { return stack_->dispatcher(); }
  // Since the beginning.
  [[nodiscard]] base::Duration elapsed() const { return clock_.now() - begin_; }
  void advance(base::Duration by);
  [[nodiscard]] std::shared_ptr<const script::Program> program() const { return stack_->engine().program(); }
  // What the command reload_routes finds from now on: as Setup::script.
  void change_script(std::string script) { next_script_ = std::move(script); }

 private:
  [[nodiscard]] std::string preamble(const Setup& setup) const;
  [[nodiscard]] base::Result<> listen(const std::vector<std::string>& sockets, const script::Program& program);
  [[nodiscard]] base::Result<> make_database(const Setup& setup);
  // Runs the jobs of the database that have taken as long as they are to take.
  bool run_jobs();

  Simulation simulation_;
  const FakeClock& clock_;
  const base::TimePoint begin_;
  FakeResolver resolver_;
  storage::Pool pool_;
  module::Registry registry_;
  std::string path_;
  std::string preamble_;
  std::string next_script_;
  std::unique_ptr<ScenarioDatabase> database_;
  base::TimePoint jobs_due_ = base::TimePoint::max();
  std::unique_ptr<server::Stack> stack_;
};

}  // namespace carillon::testing
