// SPDX-License-Identifier: Apache-2.0
// Child processes of the server: started, fed, read, killed and reaped on one thread, whichever of them are slow.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "metrics/counter.h"
#include "module/reactor.h"
#include "module/stand_in.h"

namespace carillon::exec {

struct Command {
  std::string line;                           // for /bin/sh -c
  std::string input = {};                     // for its standard input; empty: /dev/null
  std::vector<std::string> environment = {};  // "NAME=value", besides the server's own
  bool wants_output = false;                  // else the server's
  bool wants_errors = false;
  bool wants_end = false;  // waits for its end, not only for that of its output
  // From its start on; a child that needs longer gets SIGTERM, then SIGKILL, with all that it has started.
  base::Duration time_to_kill = base::Duration::max();
  // How long somebody waits for its output, the time until it is started included. The child goes on.
  base::Duration longest_wait = base::Duration::max();
};

struct Result {
  enum class End : std::uint8_t {
    Closed,      // all that was wanted has come; the child may still run
    NotStarted,  // `why` says why
    TimedOut,    // killed, or not waited for any longer; what came until then is there
  };
  End end = End::NotStarted;
  std::string output = {};
  std::string errors = {};
  int status = 0;  // with wants_end: the exit status, or 128 and the signal
  std::string why = {};
};

struct Statistics {
  metrics::Counter started;
  metrics::Counter failed;  // those not started
  metrics::Counter killed;
};

class Processes final : private module::Reactor::Work {
 public:
  // Null: nobody waits.
  using Done = std::move_only_function<void(Result result)>;

  struct Settings {
    std::size_t max_output = 65'536;  // bytes of each stream that are kept; the rest is read and thrown away
    module::Reactor::Limits at_once = {};
  };

  // `stand_in`: module::Services::stand_in; with it nothing is ever started.
  Processes(const Settings& settings, storage::Pool& pool, Statistics& statistics, module::StandIn* stand_in = nullptr);
  ~Processes() override;

  [[nodiscard]] base::Result<> start();
  // Any thread. `done` is called once, on the thread of the processes, unless stop() comes first; with a stand-in at
  // once. An error when too many wait, or the stand-in has no answer: then it is not called.
  [[nodiscard]] base::Result<> begin(Command command, Done done);
  // Starts what still waits and lets it end, for a moment; then those that somebody waits for get SIGTERM, and the
  // others are left to themselves.
  void stop();

 private:
  struct Child;
  struct Pipe;

  // --- module::Reactor::Work
  void on_ready(int descriptor, std::uint32_t events) override;
  [[nodiscard]] base::TimePoint due() const override;
  void on_due(base::TimePoint now) override;
  [[nodiscard]] std::size_t under_way() const override { return children_.size(); }
  void abandon() override;

  [[nodiscard]] base::Result<> ask_stand_in(const Command& command, Done done);
  void begin_now(std::unique_ptr<Child> child);
  [[nodiscard]] base::Result<> spawn(Child& child);
  [[nodiscard]] base::Result<> watch(Child& child);
  void write_input(Child& child);
  // Null: it is thrown away.
  void read(Pipe& pipe, std::string* into);
  void close(int& descriptor);
  // Does what the child's pipes and its end allow: tells who waits, reaps it, forgets it.
  void settle(Child& child);
  [[nodiscard]] static bool has_ended(int pid);
  [[nodiscard]] static int reap(Child& child);
  static void tell(Child& child, Result::End end);
  void act_on_time(Child& child, base::TimePoint now);

  const Settings settings_;
  Statistics& statistics_;
  module::StandIn* const stand_in_;
  std::unordered_map<int, Child*> by_descriptor_;
  std::unordered_map<Child*, std::unique_ptr<Child>> children_;
  module::Reactor reactor_;
};

}  // namespace carillon::exec
