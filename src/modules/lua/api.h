// SPDX-License-Identifier: Apache-2.0
// The functions that Lua scripts are offered: OpenSIPS's, as globals, as methods of the message, and in the table
// `opensips`.
#pragma once

struct lua_State;

namespace carillon::lua {

class Execution;

// Both protected.
void add_functions(lua_State* lua);
// The message of an execution, which functions get as their first argument.
void push_message(lua_State* lua, const Execution& execution);

}  // namespace carillon::lua
