// SPDX-License-Identifier: Apache-2.0
// exec: commands of the shell that the script runs. The run waits for their output where it wants some, the worker
// never does.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "module/module.h"
#include "module/script_variable.h"
#include "modules/exec/processes.h"
#include "transaction/transaction_key.h"

namespace carillon::exec {

using module::RouteContext;
using module::Verdict;

// "$avp(a);$avp(b)", as exec_avp() takes it.
struct AvpList {
  std::vector<module::ScriptVariable> avps;
  [[nodiscard]] static base::Result<AvpList> parse(std::string_view text);
};

class Exec final : public module::Module {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;
  void stop() override;

  // --- functions
  using Task = base::Task<Verdict>;
  using Text = std::optional<std::string_view>;
  using Out = std::optional<module::Output>;
  module::Eventual exec(RouteContext& context, std::string_view command, Text input, Out output, Out errors,
                        Out environment);
  // As OpenSIPS 2.4 has them.
  Task exec_msg(RouteContext& context, std::string_view command);
  Task exec_dset(RouteContext& context, std::string_view command);
  Task exec_avp(RouteContext& context, std::string_view command, std::optional<module::Constant<AvpList>> avps);
  Verdict exec_getenv(RouteContext& context, std::string_view name, Out avp);

  // --- parameters
  std::chrono::seconds time_to_kill{0};
  bool setvars = false;
  std::chrono::seconds max_wait{300};
  int max_output = 65'536;
  int max_processes = 64;
  int max_queued = 1000;

  Statistics statistics;

 private:
  // Nothing, and logged, when it can't be run as it is.
  [[nodiscard]] std::optional<Command> prepare(RouteContext& context, std::string_view function,
                                               std::string_view line) const;
  // Waits for it; NotStarted, and logged, when it can't be run.
  [[nodiscard]] base::Task<Result> run(RouteContext& context, std::string_view function, Command command);
  [[nodiscard]] Task run_into(RouteContext& context, Command command, Out output, Out errors);

  shard::Shards* shards_ = nullptr;
  transaction::Secrets secrets_ = transaction::Secrets::random();
  std::unique_ptr<Processes> processes_;
};

}  // namespace carillon::exec
