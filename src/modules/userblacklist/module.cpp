// SPDX-License-Identifier: Apache-2.0
// userblacklist: the declaration page.
#include "modules/userblacklist/tables.h"
#include "modules/userblacklist/userblacklist.h"

namespace carillon::userblacklist {
namespace {

using namespace module;

constexpr auto kParameters = std::to_array({
    parameter<&Userblacklist::db_url>("db_url", "The database of the tables; empty: that of the server."),
    parameter<&Userblacklist::db_table>("db_table", "The table of users' prefixes."),
    parameter<&Userblacklist::use_domain>("use_domain", "0: users' prefixes are theirs whatever the domain."),
});

constexpr auto kFunctions = std::to_array({
    function<&Userblacklist::check_user_blacklist>(
        "check_user_blacklist", {"user", "domain", "number", "table"}, kRequest | kFailure,
        "False when the longest of the user's prefixes that the number (the Request-URI's user) begins with forbids "
        "it, and when the database can't tell."),
    function<&Userblacklist::check_blacklist>("check_blacklist", {"table"}, kRequest | kFailure,
                                              "The same by the prefixes for everybody in a table."),
});

constexpr auto kCommands = std::to_array({
    command<&Userblacklist::reload>(
        {.name = "userblacklist:reload",
         .aliases = "reload_blacklist",
         .recipes = "",
         .help = "Reads the tables for everybody again; when one can't be read all stay as they were.",
         .result = "OK"}),
});

constexpr auto kTables = std::to_array<const storage::TableSpec*>({&kUserblacklistTable, &kGlobalblacklistTable});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "userblacklist",
    .documentation = "Numbers that may not be called, by user and for everybody.",
    .parameters = kParameters,
    .functions = kFunctions,
    .commands = kCommands,
    .tables = kTables,
    .create = &create<Userblacklist>,
};

}  // namespace carillon::userblacklist
