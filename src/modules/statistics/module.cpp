// SPDX-License-Identifier: Apache-2.0
// statistics: the declaration page.
#include "modules/statistics/statistics.h"

namespace carillon::statistics {
namespace {

using namespace module;

constexpr auto kParameters = std::to_array({
    parameter<&Statistics::add_variable>("variable", ParameterType::Text,
                                         "A statistic, \"name\" or \"group:name\"; \"/no_reset\" behind it keeps it "
                                         "from being reset."),
    parameter<&Statistics::add_groups>("stat_groups", ParameterType::Text,
                                       "Groups that the script may use, commas in between."),
    parameter<&Statistics::add_series_profile>(
        "stat_series_profile", ParameterType::Text,
        "\"name: algorithm=accumulate|average|percentage window=60 slots=60 group=name percentage_factor=100\"."),
    parameter<&Statistics::max_statistics>("max_statistics", "So many the script can make while it runs."),
});

constexpr auto kFunctions = std::to_array({
    function<&Statistics::update_stat>("update_stat", {"variable", "value"}, kAnyRoute,
                                       "Adds to a statistic; one that isn't there is made, in the group \"dynamic\" "
                                       "or one of stat_groups."),
    function<&Statistics::reset_stat>("reset_stat", {"variable"}, kAnyRoute, "Sets a statistic to 0."),
    function<&Statistics::stat_iter_init>("stat_iter_init", {"group", "iter"}, kAnyRoute,
                                          "Begins a walk over a group, as it is now."),
    function<&Statistics::stat_iter_next>("stat_iter_next", {"name", "val", "iter"}, kAnyRoute,
                                          "The next of the walk; -1 at its end."),
    function<&Statistics::update_stat_series>("update_stat_series", {"profile", "variable", "value"}, kAnyRoute,
                                              "Adds a value to a statistic over the last minutes."),
});

constexpr auto kVariables = std::to_array({
    variable<&Statistics::read, &Statistics::write>(
        "stat", "A statistic, \"name\" or \"group:name\"; whatever is assigned, it becomes 0.",
        {.sub_name = script::SubName::Required}),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "statistics",
    .documentation = "Statistics that scripts name.",
    .parameters = kParameters,
    .functions = kFunctions,
    .variables = kVariables,
    .create = &create<Statistics>,
};

}  // namespace carillon::statistics
