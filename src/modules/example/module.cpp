// SPDX-License-Identifier: Apache-2.0
// example: the declaration page.
#include "modules/example/example.h"

namespace carillon::example {
namespace {

using namespace module;

constexpr auto kParameters = std::to_array({
    parameter<&Example::pause>("pause", "Milliseconds that example_pause() waits."),
});

constexpr auto kFunctions = std::to_array({
    function<&Example::example_count>("example_count", {"amount"}, kAnyRoute, "Adds to $example_total."),
    stoppable(function<&Example::example_pause>("example_pause", kRequest | kFailure, "Waits for a while.")),
});

constexpr auto kVariables = std::to_array({
    variable<&Example::total>("example_total", "All that example_count() has added since the start."),
});

constexpr auto kCommands = std::to_array({
    command<&Example::show>({.name = "example:show",
                             .aliases = "example_show",
                             .recipes = "",
                             .help = "What has been counted, and how long a pause is.",
                             .result = "{total, pause}"}),
});

constexpr auto kStatistics = std::to_array({
    statistic<&Example::counted>("counted", "All that example_count() has added."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "example",
    .documentation = "One of each thing a module can declare.",
    .parameters = kParameters,
    .functions = kFunctions,
    .variables = kVariables,
    .commands = kCommands,
    .statistics = kStatistics,
    .create = &create<Example>,
};

}  // namespace carillon::example
