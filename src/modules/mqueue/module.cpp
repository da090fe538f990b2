// SPDX-License-Identifier: Apache-2.0
// mqueue: the declaration page.
#include "modules/mqueue/mqueue.h"

namespace carillon::mqueue {
namespace {

using namespace module;

constexpr auto kParameters = std::to_array({
    parameter<&Mqueue::db_url>("db_url", "The database of queues with a dbmode; empty: that of the server."),
    parameter<&Mqueue::add_queue>(
        "mqueue", ParameterType::Text,
        "A queue, \"name=x;size=n;addmode=m;dbmode=d\". Beyond its size the oldest item goes. addmode 1 and 2 have "
        "each "
        "key once, the oldest or the newest. dbmode 1 reads the table of the queue's name (id, key, val) at the start "
        "and writes it at the end, 2 only writes, 3 only reads."),
    parameter<&Mqueue::max_memory>("max_memory", "MiB that all queues may hold; beyond them nothing is added."),
});

constexpr auto kFunctions = std::to_array({
    function<&Mqueue::mq_add>("mq_add", {"queue", "key", "value"}, kAnyRoute, "Adds at the end."),
    function<&Mqueue::mq_fetch>("mq_fetch", {"queue"}, kAnyRoute,
                                "Takes the oldest into $mqk(queue) and $mqv(queue). -2: there is none."),
    function<&Mqueue::mq_pv_free>("mq_pv_free", {"queue"}, kAnyRoute, "Forgets what was fetched."),
    function<&Mqueue::mq_size>("mq_size", {"queue"}, kAnyRoute,
                               "How many there are, as return code; -1: none, -2: no such queue."),
});

constexpr VariableTraits kQueue{.sub_name = script::SubName::Required};

constexpr auto kVariables = std::to_array({
    variable<&Mqueue::read_key>("mqk", "The key that this run has fetched.", kQueue),
    variable<&Mqueue::read_value>("mqv", "The value that this run has fetched.", kQueue),
    variable<&Mqueue::read_size>("mq_size", "How many items a queue has.", kQueue),
});

constexpr auto kCommands = std::to_array({
    command<&Mqueue::get_size>({.name = "mqueue:get_size",
                                .aliases = "mq_get_size",
                                .recipes = "name",
                                .help = "How many items a queue has.",
                                .result = "{name,size}"}),
    command<&Mqueue::fetch>({.name = "mqueue:fetch",
                             .aliases = "mq_fetch",
                             .recipes = "name",
                             .help = "Takes the oldest item.",
                             .result = "{key,value}"}),
    command<&Mqueue::get_sizes>({.name = "mqueue:get_sizes",
                                 .aliases = "mq_get_sizes",
                                 .recipes = "",
                                 .help = "How many items all queues have.",
                                 .result = "queues[{name,size}]"}),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "mqueue",
    .documentation = "Queues through which runs hand one another keys and values.",
    .parameters = kParameters,
    .functions = kFunctions,
    .variables = kVariables,
    .commands = kCommands,
    .create = &create<Mqueue>,
};

}  // namespace carillon::mqueue
