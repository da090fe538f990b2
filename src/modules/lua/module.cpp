// SPDX-License-Identifier: Apache-2.0
// lua: the declaration page.
#include "modules/lua/lua.h"

namespace carillon::lua {
namespace {

using namespace module;

constexpr auto kParameters = std::to_array({
    parameter<&Lua::luafilename>("luafilename",
                                 "The file of functions; a relative name is meant from where the script is."),
    parameter<&Lua::lua_auto_reload>("lua_auto_reload", "1: the file is loaded again when it has changed."),
    parameter<&Lua::warn_missing_free_fixup>("warn_missing_free_fixup", "Accepted; nothing leaks."),
    parameter<&Lua::lua_allocator>("lua_allocator", "\"opensips\" or \"malloc\"; accepted, it is malloc."),
    parameter<&Lua::max_memory>("max_memory", "KiB that Lua may use in each of the 256 shards."),
    parameter<&Lua::max_time>(
        "max_time", "Milliseconds of the processor that one lua_exec() may take; what it waits isn't counted."),
});

constexpr auto kFunctions = std::to_array({
    function<&Lua::lua_exec>(
        "lua_exec", {"func", "param"}, static_cast<script::RouteMask>(kRequest | kFailure | kReply | kBranch | kLocal),
        "Calls a function of Lua with the message, and perhaps a text. A number that it returns is the code; anything "
        "else is true or false as Lua sees it, and an error false. Globals are those of the call's shard."),
    function<&Lua::lua_meminfo>("lua_meminfo", kRequest, "Logs how much memory Lua uses in the call's shard."),
});

constexpr auto kCommands = std::to_array({
    command<&Lua::watch>({.name = "lua:watch",
                          .aliases = "watch",
                          .recipes = " | action,extension",
                          .help = "The users that watch_getFlag() is true for; action: add or delete.",
                          .result = "extension[text]"}),
    command<&Lua::reload>({.name = "lua:reload",
                           .aliases = "lua_reload",
                           .recipes = "",
                           .help = "Loads the file again; when it has mistakes all stays as it was.",
                           .result = "OK"}),
});

// Code of Lua reads and sets variables by names that the script need not contain.
constexpr auto kAvpLoaders = std::to_array<std::string_view>({"lua_exec"});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "lua",
    .documentation = "Functions of the script that are written in Lua.",
    .parameters = kParameters,
    .functions = kFunctions,
    .commands = kCommands,
    .avp_loaders = kAvpLoaders,
    .create = &create<Lua>,
};

}  // namespace carillon::lua
