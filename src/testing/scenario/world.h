// SPDX-License-Identifier: Apache-2.0
// The server of a scenario, whole but for the kernel: the stack that the program runs, on the fake network and clock.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "modules/cachedb_local/local_store.h"
#include "script/source.h"
#include "server/listeners.h"
#include "server/stack.h"
#include "testing/scenario/fake_resolver.h"
#include "testing/scenario/run_recorder.h"
#include "testing/scenario/scenario_database.h"
#include "testing/scenario/stated_answers.h"
#include "testing/simulation.h"

namespace carillon::testing {

class World {
 public:
  using Drivers = std::vector<std::unique_ptr<storage::Driver>>;
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
    // A whole script of somebody's in the place of `script`: modules, sockets and domains are its own, `parameters`
    // are set after its own, its databases and stores are made here whatever their URLs say, and the server is closed.
    std::optional<script::Source> whole_script;
    bool closed = false;    // nothing outside of this process hears of the server: answers() stands in
    bool recorded = false;  // what runs do is recorded
    // Of a whole script: what opens its databases, made of `own`, which opens the one in the temporary folder, and of
    // the drivers of its modules. None: `own`.
    std::function<std::unique_ptr<storage::Driver>(std::unique_ptr<storage::Driver> own, Drivers of_modules)>
        database_driver;
  };
  // An address that the server receives at.
  struct Listening {
    transport::Protocol protocol = transport::Protocol::Udp;
    base::Endpoint address;
  };

  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] base::Result<> start(const Setup& setup);

  // Once started: where, in the order of the script.
  [[nodiscard]] const std::vector<Listening>& listening() const { return listening_; }
  // With Setup::recorded, once started.
  [[nodiscard]] const RunRecorder* recorder() const { return recorder_.get(); }
  // Of commands and HTTP servers, while the server is closed.
  [[nodiscard]] StatedAnswers& answers() { return answers_; }
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
  // The server stops, whatever it is in the middle of; time may go on without it. An error when something of it stays.
  [[nodiscard]] base::Result<> stop();
  [[nodiscard]] bool is_running() const { return stack_ != nullptr; }
  [[nodiscard]] std::shared_ptr<const script::Program> program() const { return stack_->engine().program(); }
  // What the command reload_routes finds from now on: as Setup::script.
  void change_script(std::string script) { next_script_ = std::move(script); }

 private:
  class MemoryDriver;

  [[nodiscard]] std::string preamble(const Setup& setup) const;
  // What the setup says besides the script that is whole.
  [[nodiscard]] base::Result<> set_parameters(const std::vector<Setup::Parameter>& parameters);
  [[nodiscard]] base::Result<> listen(const Setup& setup, const script::Program& program);
  // Databases and stores of the script are here.
  void replace_stores(const Setup& setup);
  [[nodiscard]] base::Result<> bind(const server::Sockets& sockets);
  // A host of the script that is no address: where it is in this world.
  [[nodiscard]] std::vector<base::IpAddress> addresses_of(const std::string& host);
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
  StatedAnswers answers_;
  std::unique_ptr<ScenarioDatabase> database_;
  base::TimePoint jobs_due_ = base::TimePoint::max();
  std::optional<script::Source> source_;
  std::unique_ptr<RunRecorder> recorder_;
  std::vector<Listening> listening_;
  std::map<std::string, base::IpAddress> hosts_;                    // of sockets, that have got an address here
  std::vector<std::shared_ptr<cachedb_local::LocalStore>> stores_;  // shared with who opened them
  std::unique_ptr<server::Stack> stack_;
};

}  // namespace carillon::testing
