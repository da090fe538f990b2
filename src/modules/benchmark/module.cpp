// SPDX-License-Identifier: Apache-2.0
// benchmark: the declaration page.
#include "modules/benchmark/benchmark.h"

namespace carillon::benchmark {
namespace {

using namespace module;

constexpr auto kParameters = std::to_array({
    parameter<&Benchmark::enable>("enable", "-1: no timer runs; 0: those that are enabled; 1: all."),
    parameter<&Benchmark::granularity>("granularity", "So many calls are told in one line; 0: they are polled."),
    parameter<&Benchmark::loglevel>("loglevel", "Of these lines, from -3 to 4."),
    parameter<&Benchmark::max_timers>("max_timers", "So many timers there may be."),
});

constexpr auto kFunctions = std::to_array({
    function<&Benchmark::bm_start_timer>("bm_start_timer", {"name"}, kAnyRoute, "Starts a timer of this run."),
    function<&Benchmark::bm_log_timer>("bm_log_timer", {"name"}, kAnyRoute,
                                       "Stops it and adds what it shows to the others of its name."),
});

constexpr auto kVariables = std::to_array({
    variable<&Benchmark::read_difference>("BM_time_diff",
                                          "Microseconds that the timer of this run showed that was stopped last."),
});

constexpr auto kCommands = std::to_array({
    command<&Benchmark::enable_global>({.name = "benchmark:enable_global",
                                        .aliases = "bm_enable_global",
                                        .recipes = "enable",
                                        .help = "Sets the parameter enable.",
                                        .result = "OK"}),
    command<&Benchmark::enable_timer>({.name = "benchmark:enable_timer",
                                       .aliases = "bm_enable_timer",
                                       .recipes = "timer,enable",
                                       .help = "Enables a timer (1) or disables it (0).",
                                       .result = "OK"}),
    command<&Benchmark::set_granularity>({.name = "benchmark:granularity",
                                          .aliases = "bm_granularity",
                                          .recipes = "granularity",
                                          .help = "Sets the parameter granularity.",
                                          .result = "OK"}),
    command<&Benchmark::set_log_level>({.name = "benchmark:loglevel",
                                        .aliases = "bm_loglevel",
                                        .recipes = "log_level",
                                        .help = "Sets the parameter loglevel.",
                                        .result = "OK"}),
    command<&Benchmark::poll_results>({.name = "benchmark:poll_results",
                                       .aliases = "bm_poll_results",
                                       .recipes = "",
                                       .help = "What the timers showed since the last poll, and ever: "
                                               "count/sum/least/most/mean. With granularity 0.",
                                       .result = "Timers[{name,current,global}]"}),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "benchmark",
    .documentation = "How long parts of a script take.",
    .parameters = kParameters,
    .functions = kFunctions,
    .variables = kVariables,
    .commands = kCommands,
    .create = &create<Benchmark>,
};

}  // namespace carillon::benchmark
