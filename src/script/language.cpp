// SPDX-License-Identifier: Apache-2.0
// See language.h.
#include "script/language.h"

#include <array>

namespace carillon::script {
namespace {

using ast::Builtin;

constexpr auto kVariables = std::to_array<LanguageVariable>({
    {"var", Builtin::Local, SubName::Required, false, true,
     "A variable of one run: NULL when a message's route (a branch, failure, reply, timer or event route likewise) "
     "begins, gone when it ends. Its sub-routes share it; behind async() it is NULL again."},
    {"avp", Builtin::Avp, SubName::Required, true, true,
     "A stack of values that goes with the message and then with its transaction. = puts one on top, := replaces all, "
     "= NULL takes the top one away, [append] goes below."},
    {"param", Builtin::Param, SubName::Required, false, false,
     "A parameter of this route call, from 1; of an event also by name."},
    {"return", Builtin::Return, SubName::Required, false, false,
     "A value that the last route call returned behind its code, from 0."},
    {"rc", Builtin::ReturnCode, SubName::None, false, false, "The code of the last action, assignments included."},
    {"retcode", Builtin::ReturnCode, SubName::None, false, false, "The same."},
    {"route", Builtin::RouteCurrent, SubName::None, true, false,
     "The current route; [1] its caller, [-1] the outermost."},
    {"route.name", Builtin::RouteName, SubName::None, true, false, "The name of it alone."},
    {"route.type", Builtin::RouteType, SubName::None, true, false, "Its kind: route, branch_route, ..."},
    {"cfg_line", Builtin::ConfigLine, SubName::None, false, false, "The line of the script it stands in."},
    {"cfg_file", Builtin::ConfigFile, SubName::None, false, false, "The file of the script it stands in."},
});

constexpr auto kStatements = std::to_array<LanguageStatement>({
    {"if (condition) statement [else statement]", ""},
    {"switch ($variable) { case value: ... default: ... }",
     "Texts are compared without regard to case; falls through until break."},
    {"while (condition) statement", "At most max_while_loops turns."},
    {"for ($iterator in $(list[*])) statement", "To the first NULL."},
    {"break", "Out of a while, for or switch."},
    {"route(name, value, ...)",
     "Up to seven values, read as $param(1) ...; its code is $rc and the value in a condition."},
    {"return [code]", "1 without a code; 0 is exit."},
    {"return(code, value, ...)", "The caller reads the values as $return(0) ..."},
    {"exit", "Ends the run."},
    {"drop", "Ends the run; a branch is not sent, a provisional reply not passed on."},
    {"$variable = value", "Also := += -= *= /= %= &= |= ^= <<= >>=."},
    {"xlog([level,] \"text\")", "Without a level: xlog_print_level. Above xlog_level nothing is built."},
    {"xdbg(\"text\")", "xlog() at L_DBG."},
    {"log([level,] \"text\")", "Variables are not expanded."},
    {"assert(condition [, \"text\"])", "With enable_asserts: false ends the run behind error_route."},
    {"async(function(...), route [, seconds])", "The call, then the route instead of what follows."},
    {"launch(function(...) [, route [, value]])", "The call, then the route, beside what follows."},
});

}  // namespace

std::span<const LanguageVariable> language_variables() { return kVariables; }
std::span<const LanguageStatement> language_statements() { return kStatements; }

}  // namespace carillon::script
