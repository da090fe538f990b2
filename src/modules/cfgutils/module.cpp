// SPDX-License-Identifier: Apache-2.0
// cfgutils: the declaration page.
#include "modules/cfgutils/cfgutils.h"

namespace carillon::cfgutils {
namespace {

using namespace module;

constexpr auto kParameters = std::to_array({
    parameter<&Cfgutils::initial_probability>("initial_probability", "Percent, for rand_event()."),
    parameter<&Cfgutils::hash_file>("hash_file", "A file whose MD5 is kept for check_config_hash."),
    parameter<&Cfgutils::add_shared>("shvset", ParameterType::Text, "A first value, \"name=i:1\" or \"name=s:text\"."),
    parameter<&Cfgutils::add_local>("varset", ParameterType::Text,
                                    "What $var(name) holds when a run begins, \"name=i:1\" or \"name=s:text\"."),
    parameter<&Cfgutils::shv_hash_size>("shv_hash_size", "Accepted; the table grows by itself."),
    parameter<&Cfgutils::lock_pool_size>("lock_pool_size", "Accepted; every name has a lock of its own."),
    parameter<&Cfgutils::max_lock_wait>("max_lock_wait", "Seconds that a run waits for a lock; 0: without end."),
    parameter<&Cfgutils::max_shv>("max_shv", "So many $shv there may be."),
    parameter<&Cfgutils::shv_max_bytes>("shv_max_bytes", "Bytes of one $shv at most."),
});

constexpr auto kFunctions = std::to_array({
    function<&Cfgutils::rand_set_prob>("rand_set_prob", {"probability"}, kAnyRoute, "Percent, for rand_event()."),
    function<&Cfgutils::rand_reset_prob>("rand_reset_prob", kAnyRoute, "Back to initial_probability."),
    function<&Cfgutils::rand_get_prob>("rand_get_prob", kAnyRoute,
                                       "The percent as return code; as every function, 0 ends the script."),
    function<&Cfgutils::rand_event>(
        "rand_event", {"probability"}, kAnyRoute,
        "True so many times out of a hundred; without an argument as rand_set_prob() said."),
    stoppable(
        function<&Cfgutils::sleep>("sleep", {"time"}, kAnyRoute, "Seconds that the run pauses; other calls go on.")),
    stoppable(function<&Cfgutils::usleep>("usleep", {"time"}, kAnyRoute,
                                          "Microseconds that the run pauses, rounded up to the tick of 10 ms.")),
    function<&Cfgutils::abort>("abort", kAnyRoute, "Ends the process as a failed assertion does."),
    function<&Cfgutils::pkg_status>("pkg_status", kAnyRoute, "Logs how much memory is in use."),
    function<&Cfgutils::shm_status>("shm_status", kAnyRoute, "The same: there is one kind of memory."),
    function<&Cfgutils::set_count>("set_count", {"var_to_count", "ret_var"}, kAnyRoute,
                                   "How many values an AVP or a header has."),
    function<&Cfgutils::set_select_weight>(
        "set_select_weight", {"int_list_var", "index"}, kAnyRoute,
        "Chooses one of the values by its weight; its index is the return code, and 0 ends the script as every "
        "function's does, or is written to the second argument."),
    function<&Cfgutils::shuffle_avps>("shuffle_avps", {"name"}, kAnyRoute, "Puts the values into a random order."),
    function<&Cfgutils::get_accurate_time>("get_accurate_time", {"sec", "usec", "str_sec_usec"}, kAnyRoute,
                                           "Unix time: seconds, microseconds, and both as a text."),
    function<&Cfgutils::ts_usec_delta>("ts_usec_delta",
                                       {"t1_sec", "t1_usec", "t2_sec", "t2_usec", "delta_str", "delta_int"}, kAnyRoute,
                                       "Microseconds between two times; -1 when delta_int can't hold them."),
    function<&Cfgutils::check_time_rec>(
        "check_time_rec", {"time_string", "timestamp"}, kAnyRoute,
        "Whether now, or a Unix time, lies in a recurrence: [zone|]dtstart|dtend|duration|freq|until|interval|byday|"
        "bymday|byyday|byweekno|bymonth, several joined by & / ! ( ). -2: it can't be read."),
    function<&Cfgutils::get_static_lock>("get_static_lock", {"key"}, kAnyRoute,
                                         "Waits until no other run has the lock; released by the end of the run at "
                                         "the latest. -1: not within max_lock_wait."),
    function<&Cfgutils::release_static_lock>("release_static_lock", {"key"}, kAnyRoute, "Lets the next one have it."),
    function<&Cfgutils::get_dynamic_lock>("get_dynamic_lock", {"key"}, kAnyRoute,
                                          "As get_static_lock(), with a name that may have variables."),
    function<&Cfgutils::release_dynamic_lock>("release_dynamic_lock", {"key"}, kAnyRoute, "Lets the next one have it."),
    function<&Cfgutils::strings_share_lock>("strings_share_lock", {"key1", "key2"}, kAnyRoute,
                                            "Whether two names are the same dynamic lock: only if they are equal."),
});

constexpr auto kVariables = std::to_array({
    variable<&Cfgutils::read_random>("RANDOM", "A random number from 0 to 2147483647."),
    variable<&Cfgutils::read_environment>("env", "A variable of the server's environment.",
                                          {.sub_name = script::SubName::Required}),
    variable<&Cfgutils::read_shared, &Cfgutils::write_shared, &Cfgutils::update_shared>(
        "shv", "A variable of all runs; += and the like are one step. 0 until it is set.",
        {.sub_name = script::SubName::Required}),
    variable<&read_time_part>(
        "ctime", "A part of the local time: sec min hour mday mon year wday yday isdst.",
        {.sub_name = script::SubName::Required, .compile_sub_name = &compile_constant<TimePart, Cfgutils>}),
});

constexpr auto kCommands = std::to_array({
    command<&Cfgutils::command_rand_set_prob>({.name = "cfgutils:rand_set_prob",
                                               .aliases = "rand_set_prob",
                                               .recipes = "prob_proc",
                                               .help = "Sets the percent of rand_event().",
                                               .result = "OK"}),
    command<&Cfgutils::command_rand_reset_prob>({.name = "cfgutils:rand_reset_prob",
                                                 .aliases = "rand_reset_prob",
                                                 .recipes = "",
                                                 .help = "Sets it back to initial_probability.",
                                                 .result = "OK"}),
    command<&Cfgutils::command_rand_get_prob>({.name = "cfgutils:rand_get_prob",
                                               .aliases = "rand_get_prob",
                                               .recipes = "",
                                               .help = "The percent of rand_event().",
                                               .result = "a sentence"}),
    command<&Cfgutils::get_config_hash>({.name = "cfgutils:get_config_hash",
                                         .aliases = "get_config_hash",
                                         .recipes = "",
                                         .help = "The MD5 that hash_file had at the start.",
                                         .result = "the hash"}),
    command<&Cfgutils::check_config_hash>({.name = "cfgutils:check_config_hash",
                                           .aliases = "check_config_hash",
                                           .recipes = "",
                                           .help = "Whether hash_file is as it was at the start.",
                                           .result = "a sentence, or the error 400"}),
    command<&Cfgutils::shv_get>({.name = "cfgutils:shv_get",
                                 .aliases = "shv_get",
                                 .recipes = " | name",
                                 .help = "One $shv, or all.",
                                 .result = "{name,type,value}, or VARs[{name,type,value}]"}),
    command<&Cfgutils::shv_set>({.name = "cfgutils:shv_set",
                                 .aliases = "shv_set",
                                 .recipes = "name,type,value",
                                 .help = "Sets a $shv; the type is int or str.",
                                 .result = "OK"}),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "cfgutils",
    .documentation = "Chance, pauses, shared variables, locks and times for scripts.",
    .parameters = kParameters,
    .functions = kFunctions,
    .variables = kVariables,
    .commands = kCommands,
    .create = &create<Cfgutils>,
};

}  // namespace carillon::cfgutils
