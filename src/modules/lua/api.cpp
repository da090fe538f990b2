// SPDX-License-Identifier: Apache-2.0
// See api.h. An error of Lua's unwinds through these functions, so that what they hold is destroyed.
#include "modules/lua/api.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <lua.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/strings.h"
#include "modules/lua/execution.h"
#include "modules/lua/lua.h"
#include "routing/identity.h"
#include "routing/proxy.h"
#include "sip/contact.h"
#include "sip/grammar.h"
#include "sip/header_lines.h"

namespace carillon::lua {
namespace {

using routing::RouteContext;
using script::Value;

constexpr const char* kMessage = "carillon.message";  // of its metatable

void push(lua_State* lua, std::string_view text) { lua_pushlstring(lua, text.data(), text.size()); }

// table[name] = text, of the table on top.
void set(lua_State* lua, const char* name, std::string_view text) {
  push(lua, text);
  lua_setfield(lua, -2, name);
}
void set(lua_State* lua, const char* name, lua_Number number) {
  lua_pushnumber(lua, number);
  lua_setfield(lua, -2, name);
}

int push_true_or_nil(lua_State* lua, bool is_true) {
  if (is_true) {
    lua_pushboolean(lua, 1);
  } else {
    lua_pushnil(lua);
  }
  return 1;
}

int push_value(lua_State* lua, const Value& value) {
  if (value.has_integer()) {
    lua_pushinteger(lua, static_cast<lua_Integer>(value.as_integer()));
  } else if (value.has_text()) {
    push(lua, value.as_text());
  } else {
    lua_pushnil(lua);
  }
  return 1;
}

std::string_view text_argument(lua_State* lua, int index) {
  std::size_t size = 0;
  const char* const text = luaL_checklstring(lua, index, &size);
  return {text, size};
}

// A number, a text, or nothing for nil.
std::optional<Value> value_argument(lua_State* lua, int index, RouteContext& context) {
  if (lua_type(lua, index) == LUA_TNUMBER) return Value::integer(lua_tointeger(lua, index));
  if (lua_isnoneornil(lua, index)) return std::nullopt;
  return Value::text(context.keep(text_argument(lua, index)));
}

// That of the message at `index`.
Execution& execution_of(lua_State* lua, int index) {
  const auto number = *static_cast<const std::uint64_t*>(luaL_checkudata(lua, index, kMessage));
  Execution* const found = Universe::of(lua).find(number);
  if (found == nullptr) luaL_error(lua, "this message was of a call that is over");
  return *found;
}
RouteContext& context_of(lua_State* lua, int index) { return execution_of(lua, index).context(); }

// That which runs, for functions without a message.
Execution& current(lua_State* lua) {
  Execution* const found = Universe::of(lua).current();
  if (found == nullptr) luaL_error(lua, "there is no message while the file is loaded");
  return *found;
}

Lua& module_of(lua_State* lua) { return *static_cast<Lua*>(Universe::of(lua).host()); }

// --- the message

int get_type(lua_State* lua) {
  lua_pushstring(lua, context_of(lua, 1).message().is_request() ? "SIP_REQUEST" : "SIP_REPLY");
  return 1;
}

int get_uri_user(lua_State* lua) {
  const auto uri = context_of(lua, 1).message().to().uri();
  if (!uri) return push_true_or_nil(lua, false);
  push(lua, uri->user);
  return 1;
}

int get_expires(lua_State* lua) {
  const auto expires = context_of(lua, 1).message().expires();
  if (!expires) return push_true_or_nil(lua, false);
  lua_pushnumber(lua, *expires);
  return 1;
}

int get_header(lua_State* lua) {
  const auto header = context_of(lua, 1).message().find(text_argument(lua, 2));
  if (!header) return push_true_or_nil(lua, false);
  push(lua, sip::unfold(header->value));
  return 1;
}

int get_contact(lua_State* lua) {
  const sip::Message& message = context_of(lua, 1).message();
  if (!message.has(sip::HeaderId::Contact)) return push_true_or_nil(lua, false);
  lua_newtable(lua);
  int number = 0;
  for (const sip::ListItem& item : message.items(sip::HeaderId::Contact)) {
    const auto contact = sip::Contact::parse(item.value);
    if (!contact) return luaL_error(lua, "a Contact can't be read");
    lua_newtable(lua);
    if (contact->star) {
      lua_pushboolean(lua, 1);
      lua_setfield(lua, -2, "star");
    }
    set(lua, "name", contact->star ? std::string_view("*") : contact->address.display_name);
    set(lua, "uri", contact->star ? std::string_view("*") : contact->address.uri_text);
    if (contact->q) set(lua, "q", *contact->q / 1000.0);
    if (contact->expires) set(lua, "expires", *contact->expires);
    lua_rawseti(lua, -2, ++number);
  }
  return 1;
}

void push_route(lua_State* lua, const sip::NameAddr& route, const sip::Uri& uri, const routing::Identity& identity) {
  lua_newtable(lua);
  set(lua, "uri", route.uri_text);
  set(lua, "user", uri.user);
  set(lua, "host", uri.host);
  set(lua, "port", uri.port.value_or(0));
  set(lua, "params", uri.params.text());
  for (const char* const name : {"lr", "r2"}) {
    const auto value = uri.params.find(name);
    set(lua, name, value ? std::string_view(name) : std::string_view());
    set(lua, fmt::format("{}_val", name).c_str(), value.value_or(std::string_view()));
  }
  lua_pushboolean(lua, identity.is_myself(uri) ? 1 : 0);
  lua_setfield(lua, -2, "is_myself");
}

int get_route(lua_State* lua) {
  const RouteContext& context = context_of(lua, 1);
  if (!context.message().has(sip::HeaderId::Route)) return push_true_or_nil(lua, false);
  lua_newtable(lua);
  int number = 0;
  for (const sip::ListItem& item : context.message().items(sip::HeaderId::Route)) {
    const auto route = sip::NameAddr::parse(item.value);
    const auto uri = route ? route->uri() : base::Result<sip::Uri>(base::fail({}));
    if (!uri) return luaL_error(lua, "a Route can't be read");
    push_route(lua, *route, *uri, context.proxy().identity());
    lua_rawseti(lua, -2, ++number);
  }
  return 1;
}

int get_status(lua_State* lua) {
  const sip::Message& message = context_of(lua, 1).message();
  if (message.is_request()) return push_true_or_nil(lua, false);
  push(lua, fmt::format_int(message.status()).str());
  return 1;
}

int get_method(lua_State* lua) {
  const sip::Message& message = context_of(lua, 1).message();
  if (!message.is_request()) return push_true_or_nil(lua, false);
  push(lua, message.method_name());
  return 1;
}

int get_source(lua_State* lua) {
  push(lua, context_of(lua, 1).flow().remote.address.to_string());
  return 1;
}

int get_destination(lua_State* lua) {
  push(lua, context_of(lua, 1).flow().local.address.to_string());
  return 1;
}

int add_reply_header(lua_State* lua) {
  RouteContext& context = context_of(lua, 1);
  std::string line(base::trim(text_argument(lua, 2)));
  line += "\r\n";
  if (!sip::are_header_lines(line)) return luaL_error(lua, "add_lump_rpl: no header \"Name: value\"");
  context.decision.reply_headers += line;
  return push_true_or_nil(lua, true);
}

// --- the server's addresses

std::uint16_t port_argument(lua_State* lua, int index) {
  const lua_Integer port = luaL_optinteger(lua, index, 0);
  if (port < 0 || port > 65535) luaL_error(lua, "no port");
  return static_cast<std::uint16_t>(port);
}

int is_myself(lua_State* lua) {
  const std::string_view host = text_argument(lua, 1);
  return push_true_or_nil(lua, current(lua).context().proxy().identity().is_myself(host, port_argument(lua, 2)));
}

int grep_socket(lua_State* lua) {
  const std::string_view host = text_argument(lua, 1);
  const std::uint16_t port = port_argument(lua, 2);
  const auto wanted = base::IpAddress::parse(host);
  for (const transport::Listener& listener : current(lua).context().proxy().transport().listeners()) {
    if (!wanted || listener.local.address != *wanted || (port != 0 && listener.local.port != port)) continue;
    lua_newtable(lua);
    set(lua, "name", listener.local.address.to_string());
    set(lua, "port", listener.local.port);
    if (listener.advertised) {
      set(lua, "adv_name", listener.host);
      set(lua, "adv_port", listener.port);
    }
    return 1;
  }
  return push_true_or_nil(lua, false);
}

// --- variables

int avp_get(lua_State* lua) {
  const std::string_view name = text_argument(lua, 1);
  return push_value(lua, current(lua).context().avps().get(script::AvpName(name)));
}

int avp_set(lua_State* lua) {
  RouteContext& context = current(lua).context();
  const std::string_view name = text_argument(lua, 1);
  const auto value = value_argument(lua, 2, context);
  if (!value) return luaL_argerror(lua, 2, "a number or a text is expected");
  context.avps().push(script::AvpName(name), *value);
  return push_true_or_nil(lua, true);
}

int avp_destroy(lua_State* lua) {
  const std::string_view name = text_argument(lua, 1);
  return push_true_or_nil(lua, current(lua).context().avps().remove(script::AvpName(name)));
}

int pseudo_var(lua_State* lua) {
  Execution& execution = execution_of(lua, 1);
  const auto text = Call::expand(execution.pieces(), execution.context(), text_argument(lua, 2));
  if (!text) {
    log::error("lua: pseudoVar: {}", text.error().message);
    return push_true_or_nil(lua, false);
  }
  push(lua, *text);
  return 1;
}

int pseudo_var_set(lua_State* lua) {
  Execution& execution = execution_of(lua, 1);
  const std::string_view variable = text_argument(lua, 2);
  luaL_checkany(lua, 3);
  const auto value = value_argument(lua, 3, execution.context());
  auto call = Call::assignment(execution.pieces(), execution.context(), variable, value);
  if (!call) return luaL_error(lua, "pseudoVarSet: %s", call.error().message.c_str());
  return push_true_or_nil(lua, (*call)->start() == Call::State::Done && (*call)->code() > 0);
}

// "x", "$x" or "$var(x)".
std::string_view local_name(std::string_view text) {
  if (text.starts_with('$')) text.remove_prefix(1);
  if (text.starts_with("var(") && text.ends_with(')')) text = text.substr(4, text.size() - 5);
  return text;
}

int script_var_get(lua_State* lua) {
  RouteContext& context = current(lua).context();
  const std::string_view name = context.keep(local_name(text_argument(lua, 1)));
  return push_value(lua, context.run().read(context.run().local(name)));
}

int script_var_set(lua_State* lua) {
  RouteContext& context = current(lua).context();
  const std::string_view name = context.keep(local_name(text_argument(lua, 1)));
  const auto value = value_argument(lua, 2, context);
  lua_pushboolean(lua, context.run().assign(context.run().local(name), value.value_or(Value::null())) ? 1 : 0);
  return 1;
}

// --- functions of the script

std::vector<Argument> arguments_from(lua_State* lua, int first) {
  std::vector<Argument> arguments;
  for (int index = first; index <= lua_gettop(lua); ++index) {
    if (lua_isnil(lua, index)) {
      arguments.emplace_back(std::nullopt);
    } else {
      arguments.emplace_back(std::string(text_argument(lua, index)));
    }
  }
  return arguments;
}

int module_function(lua_State* lua) {
  Execution& execution = execution_of(lua, 1);
  const std::string_view name = text_argument(lua, 2);
  const script::FunctionDecl* const declaration = execution.pieces().modules().find_function(name);
  if (declaration == nullptr) return luaL_error(lua, "there is no function %s(): is its module loaded?", name.data());
  if (declaration->may_suspend && !execution.can_wait(lua)) {
    return luaL_error(lua, "%s() may have to wait, which Lua can't in a coroutine or callback", name.data());
  }
  auto call = Call::function(execution.pieces(), execution.context(), *declaration, arguments_from(lua, 3));
  if (!call) return luaL_error(lua, "%s", call.error().message.c_str());
  switch ((*call)->start()) {
    case Call::State::Done:
      lua_pushinteger(lua, (*call)->code());
      return 1;
    case Call::State::Failed:
      return luaL_error(lua, "%s() was stopped", name.data());
    case Call::State::Waits:
      break;
  }
  execution.wait_for(std::move(*call));
  return lua_yield(lua, 0);  // what it is gone on with is what this returns
}

// --- the log, and the process

std::optional<log::Level> parse_level(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, log::Level>, 7> kLevels = {{{"ALERT", log::Level::Alert},
                                                                               {"CRIT", log::Level::Critical},
                                                                               {"ERR", log::Level::Error},
                                                                               {"WARN", log::Level::Warning},
                                                                               {"NOTICE", log::Level::Notice},
                                                                               {"INFO", log::Level::Info},
                                                                               {"DBG", log::Level::Debug}}};
  if (base::istarts_with(text, "L_")) text.remove_prefix(2);
  for (const auto& [name, level] : kLevels) {
    if (base::iequals(text, name)) return level;
  }
  return std::nullopt;
}

void write_log(log::Level level, std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  log::line(level, "{}", text);
}

// xlog(text), xlog(level, text)
int xlog(lua_State* lua) {
  if (lua_gettop(lua) < 2) {
    write_log(log::Level::Notice, text_argument(lua, 1));
    return 0;
  }
  const auto level = lua_type(lua, 1) == LUA_TNUMBER
                         ? std::optional(static_cast<log::Level>(std::clamp<lua_Integer>(lua_tointeger(lua, 1), -3, 4)))
                         : parse_level(text_argument(lua, 1));
  if (!level) return luaL_argerror(lua, 1, "ALERT, CRIT, ERR, WARN, NOTICE, INFO or DBG is expected");
  write_log(*level, text_argument(lua, 2));
  return 0;
}

int xdbg(lua_State* lua) {
  write_log(log::Level::Debug, text_argument(lua, 1));
  return 0;
}

int warn_missing_free_fixup(lua_State* /*lua*/) { return 0; }

int get_pid(lua_State* lua) {
  lua_pushinteger(lua, ::getpid());
  return 1;
}

int get_memory(lua_State* lua) {
  const Universe& universe = Universe::of(lua);
  lua_newtable(lua);
  set(lua, "allocated", static_cast<lua_Number>(universe.memory_used()));
  set(lua, "limit", static_cast<lua_Number>(universe.limits().memory));
  set(lua, "fragmentation", 0);
  return 1;
}

int get_host_name(lua_State* lua) {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return push_true_or_nil(lua, false);
  lua_pushstring(lua, name.data());
  return 1;
}

// --- lua:watch

int watch_flag(lua_State* lua) {
  const sip::Message& message = context_of(lua, 1).message();
  for (const sip::NameAddr* const address : {&message.from(), &message.to()}) {
    const auto uri = address->uri();
    if (uri && module_of(lua).watches(uri->user)) return push_true_or_nil(lua, true);
  }
  return push_true_or_nil(lua, false);
}

int watch_flag_of_extension(lua_State* lua) {
  lua_pushboolean(lua, module_of(lua).watches(text_argument(lua, 1)) ? 1 : 0);
  return 1;
}

constexpr std::array<luaL_Reg, 16> kOfMessage = {{{"getType", get_type},
                                                  {"getURI_User", get_uri_user},
                                                  {"getExpires", get_expires},
                                                  {"getHeader", get_header},
                                                  {"getContact", get_contact},
                                                  {"getRoute", get_route},
                                                  {"getStatus", get_status},
                                                  {"getMethod", get_method},
                                                  {"getSrcIp", get_source},
                                                  {"getDstIp", get_destination},
                                                  {"moduleFunc", module_function},
                                                  {"pseudoVar", pseudo_var},
                                                  {"pseudoVarSet", pseudo_var_set},
                                                  {"add_lump_rpl", add_reply_header},
                                                  {"watch_getFlag", watch_flag},
                                                  {nullptr, nullptr}}};

constexpr std::array<luaL_Reg, 16> kOthers = {{{"isMyself", is_myself},
                                               {"grepSockInfo", grep_socket},
                                               {"AVP_get", avp_get},
                                               {"AVP_set", avp_set},
                                               {"AVP_destroy", avp_destroy},
                                               {"scriptVarGet", script_var_get},
                                               {"scriptVarSet", script_var_set},
                                               {"watch_getFlagFromExtension", watch_flag_of_extension},
                                               {"xlog", xlog},
                                               {"xdbg", xdbg},
                                               {"WarnMissingFreeFixup", warn_missing_free_fixup},
                                               {"getpid", get_pid},
                                               {"getmem", get_memory},
                                               {"getmeminfo", get_memory},
                                               {"gethostname", get_host_name},
                                               {nullptr, nullptr}}};

// All of a list but its end, into the table on top.
template <std::size_t N>
void add(lua_State* lua, const std::array<luaL_Reg, N>& functions) {
  for (const luaL_Reg& function : functions) {
    if (function.name == nullptr) continue;
    lua_pushcfunction(lua, function.func);
    lua_setfield(lua, -2, function.name);
  }
}

}  // namespace

void add_functions(lua_State* lua) {
  lua_pushvalue(lua, LUA_GLOBALSINDEX);
  add(lua, kOfMessage);
  add(lua, kOthers);
  lua_newtable(lua);
  add(lua, kOthers);
  lua_setfield(lua, -2, "opensips");
  lua_pop(lua, 1);
  luaL_newmetatable(lua, kMessage);
  lua_newtable(lua);
  add(lua, kOfMessage);
  lua_setfield(lua, -2, "__index");
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");
  lua_pop(lua, 1);
}

void push_message(lua_State* lua, const Execution& execution) {
  *static_cast<std::uint64_t*>(lua_newuserdata(lua, sizeof(std::uint64_t))) = execution.number();
  luaL_getmetatable(lua, kMessage);
  lua_setmetatable(lua, -2);
}

}  // namespace carillon::lua
