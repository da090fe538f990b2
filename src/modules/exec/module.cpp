// SPDX-License-Identifier: Apache-2.0
// exec: the declaration page.
#include "modules/exec/exec.h"

namespace carillon::exec {
namespace {

using namespace module;

// A counter of the processes.
template <auto Member>
constexpr StatisticDecl counter(std::string_view name, std::string_view documentation) {
  return {.name = name,
          .documentation = documentation,
          .add = [](Module& module, metrics::Registry& registry, std::string_view group, const StatisticDecl& self) {
            return registry.add(group, self.name, static_cast<Exec&>(module).statistics.*Member, self.documentation);
          }};
}

constexpr auto kExecRoutes = static_cast<script::RouteMask>(kAnyRoute & ~(kBranch | kError));

constexpr auto kParameters = std::to_array({
    parameter<&Exec::time_to_kill>(
        "time_to_kill", "Seconds after which a command, and what it has started, is ended. 0: it may take forever."),
    parameter<&Exec::setvars>("setvars",
                              "1: commands have SIP_HF_<NAME>, SIP_TID, SIP_DID, SIP_SRCIP, SIP_ORURI, SIP_RURI, "
                              "SIP_USER and SIP_OUSER in their environment, written by whoever sent the message."),
    parameter<&Exec::max_wait>("max_wait",
                               "Seconds that a script waits for a command, which goes on without it. 0: forever."),
    parameter<&Exec::max_output>("max_output", "Bytes that are kept of what a command writes."),
    parameter<&Exec::max_processes>("max_processes", "Commands that run at once, with or without async()."),
    parameter<&Exec::max_queued>("max_queued", "Further commands that wait for their turn; those beyond fail."),
});

constexpr auto kFunctions = std::to_array({
    keeps_limit(function<&Exec::exec>(
        "exec", {"command", "stdin", "stdout", "stderr", "envavp"}, kExecRoutes,
        "Runs a command of /bin/sh; variables in it belong into quotes, and nobody may write a quote into them. Waits "
        "until stdout and stderr are closed, when they are given: a variable has all of it, an AVP (and any variable "
        "in an async()) each line. True when it was started, whatever its status; false also when its time is over. "
        "The values of envavp are OSIPS_EXEC_0 ...")),
    keeps_limit(function<&Exec::exec_msg>(
        "exec_msg", {"command"}, kExecRoutes,
        "Of OpenSIPS 2: the message is the input. Waits for the end; false unless the status is 0.")),
    keeps_limit(function<&Exec::exec_dset>(
        "exec_dset", {"command"}, kRequest | kFailure,
        "Of OpenSIPS 2: the Request-URI is the last argument; the lines of the output are the new one and "
        "further branches.")),
    keeps_limit(function<&Exec::exec_avp>(
        "exec_avp", {"command", "avplist"}, kExecRoutes,
        "Of OpenSIPS 2: lines of the output into AVPs, \"$avp(a);$avp(b)\"; further ones into 1, 2, ... by "
        "their number.")),
    function<&Exec::exec_getenv>("exec_getenv", {"environment_variable", "avp"}, kExecRoutes,
                                 "Of OpenSIPS 2: a variable of the server's environment; without an AVP into 1."),
});

constexpr auto kStatistics = std::to_array({
    counter<&Statistics::started>("started_processes", "Commands that were started."),
    counter<&Statistics::failed>("failed_processes", "Commands that could not be started."),
    counter<&Statistics::killed>("killed_processes", "Commands ended because of time_to_kill."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "exec",
    .documentation = "Commands of the shell that the script runs.",
    .parameters = kParameters,
    .functions = kFunctions,
    .statistics = kStatistics,
    .create = &create<Exec>,
};

}  // namespace carillon::exec
