// SPDX-License-Identifier: Apache-2.0
// See words.h.
#include "lsp/words.h"

#include <algorithm>
#include <array>

namespace carillon::lsp {

namespace {

constexpr auto kTop = Word::Place::TopLevel;
constexpr auto kIn = Word::Place::Route;

constexpr auto kWords = std::to_array<Word>({
    {"loadmodule", kTop, "loadmodule \"${1:name}.so\"", "Switches a module on. Its parameters follow it."},
    {"modparam", kTop, "modparam(\"${1:module}\", \"${2:parameter}\", ${3:value})",
     "Sets a parameter of a loaded module, or of all whose names match a regular expression."},
    {"include_file", kTop, "include_file \"${1:path}\"",
     "The text of another file stands here. At the start of a line, anywhere in the script."},
    {"import_file", kTop, "import_file \"${1:path}\"", "The same as include_file."},
    {"socket", kTop, "socket = ${1:udp}:${2:127.0.0.1}:${3:5060}", "Where the server listens."},
    {"alias", kTop, "alias = ${1:example.org}", "One more name of this server."},
    {"route", kTop, "route[${1:name}] {\n\t$0\n}",
     "Without a name: where every request from outside begins. With one: called by route(name)."},
    {"branch_route", kTop, "branch_route[${1:name}] {\n\t$0\n}",
     "Armed by t_on_branch(); runs for each branch before it is sent. drop leaves the branch out."},
    {"failure_route", kTop, "failure_route[${1:name}] {\n\t$0\n}",
     "Armed by t_on_failure(), once; runs when all branches have failed, on the request as it came."},
    {"onreply_route", kTop, "onreply_route[${1:name}] {\n\t$0\n}",
     "Armed by t_on_reply(); without a name it runs for every reply. drop discards a provisional one."},
    {"error_route", kTop, "error_route {\n\t$0\n}",
     "Runs for requests that can't be parsed, and after a failed assert."},
    {"local_route", kTop, "local_route {\n\t$0\n}", "Runs for requests that the server makes itself."},
    {"startup_route", kTop, "startup_route {\n\t$0\n}", "Runs once, before the first message."},
    {"timer_route", kTop, "timer_route[${1:name}, ${2:seconds}] {\n\t$0\n}", "Runs every so many seconds."},
    {"event_route", kTop, "event_route[${1:E_NAME}] {\n\t$0\n}",
     "Runs when the event is raised; $param(name) reads its parameters."},
    {"if", kIn, "if (${1:condition}) {\n\t$0\n}",
     "&& and || have the same precedence. A function that answers 0 ends the script."},
    {"else", kIn, "else {\n\t$0\n}", "What runs when the condition of the if before it is false."},
    {"while", kIn, "while (${1:condition}) {\n\t$0\n}", "Repeats, at most max_while_loops times."},
    {"for", kIn, "for (\\$var(${1:it}) in \\$(avp(${2:list})[*])) {\n\t$0\n}",
     "Walks the values of a list until the first that is NULL."},
    {"switch", kIn, "switch (\\$${1:rm}) {\n\tcase \"${2:value}\":\n\t\t$0\n\t\tbreak;\n\tdefault:\n}",
     "Texts are compared without regard to case. A case goes on in the next one unless break ends it."},
    {"case", kIn, "case ${1:value}:\n\t$0", "A number or a text that the variable of the switch may have."},
    {"default", kIn, "default:\n\t$0", "The last case of a switch: what none of the others took."},
    {"break", kIn, "break;", "Leaves the loop or switch around it."},
    {"return", kIn, "return(${1:1});", "Ends this route; the code is what route() answers. 0 ends the script."},
    {"exit", kIn, "exit;", "Ends the script for this message."},
    {"drop", kIn, "drop;", "Ends the script; a branch isn't sent, a provisional reply isn't passed on."},
    {"xlog", kIn, "xlog(\"${1:L_INFO}\", \"${2:text}\\n\");", "Writes a text with variables to the log."},
    {"xdbg", kIn, "xdbg(\"${1:text}\\n\");", "Writes a text with variables to the log, at debug level."},
    {"log", kIn, "log(${1:level}, \"${2:text}\\n\");", "Writes a text to the log as it stands."},
    {"assert", kIn, "assert(${1:condition}, \"${2:text}\");",
     "With enable_asserts: a condition that is false ends the script and runs the error_route."},
    {"async", kIn, "async(${1:function()}, ${2:route});",
     "Accepted as OpenSIPS has it: functions that wait suspend the run by themselves."},
    {"launch", kIn, "launch(${1:function()});", "Calls a function and goes on without waiting for it."},
});

constexpr auto kVariables = std::to_array<LanguageVariable>({
    {"var", true, "A variable of this run of the script."},
    {"avp", true, "A list of values that belongs to the message and then to its transaction; the newest is first."},
    {"param", true, "A parameter of the route, by its number from 1, or of the event, by its name."},
    {"return", true, "A value that the last route returned, by its number from 0."},
    {"rc", false, "The code of the last function, route or statement."},
    {"retcode", false, "The code of the last function, route or statement."},
    {"route", false, "The kind and name of the route that runs; [1] is its caller."},
    {"route.name", false, "The name of the route that runs; [1] is its caller."},
    {"route.type", false, "The kind of the route that runs; [1] is its caller."},
    {"cfg_line", false, "The line of the script."},
    {"cfg_file", false, "The file of the script."},
});

template <typename Table>
auto find(const Table& table, std::string_view name) -> decltype(table.data()) {
  const auto found = std::ranges::find_if(table, [name](const auto& row) { return row.name == name; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace

std::span<const Word> language_words() { return kWords; }
const Word* find_word(std::string_view name) { return find(kWords, name); }

std::span<const LanguageVariable> language_variables() { return kVariables; }
const LanguageVariable* find_language_variable(std::string_view name) { return find(kVariables, name); }

}  // namespace carillon::lsp
