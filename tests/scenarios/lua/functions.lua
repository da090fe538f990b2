-- SPDX-License-Identifier: Apache-2.0
-- What the scenarios of this folder call.

function answer(msg, text)
  msg:add_lump_rpl("X-Lua: " .. text)
  return 1
end

-- Return codes.
function number(msg, code) return tonumber(code) end
function truth(msg, what)
  if what == "true" then return true end
  if what == "false" then return false end
  if what == "text" then return "text" end
end
function nothing() end

function message(msg)
  local contacts = getContact(msg)
  local routes = msg:getRoute()
  answer(msg, table.concat({
    getType(msg), msg:getMethod(), getURI_User(msg), tostring(getExpires(msg)), tostring(getStatus(msg)),
    msg:getHeader("X-Odd"), tostring(msg:getHeader("X-None")), msg:getHeader("call-id"), getSrcIp(msg), getDstIp(msg),
    #contacts, contacts[1].uri, contacts[1].name, contacts[1].q, contacts[2].expires,
    #routes, routes[1].host, routes[1].port, routes[1].lr, tostring(routes[1].is_myself), tostring(routes[2].is_myself),
  }, "|"))
  return 1
end

function star(msg)
  local contacts = msg:getContact()
  answer(msg, tostring(contacts[1].star) .. " " .. contacts[1].uri .. " " .. tostring(msg:getRoute()))
  return 1
end

function reply(msg)
  AVP_set("seen", getType(msg) .. " " .. msg:getStatus() .. " " .. tostring(getMethod(msg)))
  return 1
end

function addresses(msg)
  local socket = grepSockInfo("10.0.0.1", 5060)
  answer(msg, table.concat({ tostring(isMyself("example.org", 5060)), tostring(isMyself("other.org", 5060)),
    tostring(isMyself("10.0.0.1")), socket.name, socket.port, tostring(grepSockInfo("example.org", 5060)) }, "|"))
  return 1
end

function variables(msg)
  AVP_set("list", "one")
  AVP_set("list", 2)
  local before = AVP_get("list")
  local destroyed = AVP_destroy("list")
  local user = msg:pseudoVar("user $rU of $(ru{uri.host}), $avp(list), $avp(none), $$")
  local set = msg:pseudoVarSet("$ru", "sip:new@example.net")
  local local_before = scriptVarGet("x")
  scriptVarSet("$x", local_before .. "y")
  scriptVarSet("$var(number)", 7)
  pseudoVarSet(msg, "$var(z)", 3)
  pseudoVarSet(msg, "$(avp(list)[0])", "changed")
  answer(msg, table.concat({ type(before), before, tostring(destroyed), AVP_get("list"), tostring(AVP_get("none")),
    tostring(AVP_destroy("none")), user, tostring(set), msg:pseudoVar("$ru $var(x) $var(z)"), local_before }, "|"))
  pseudoVarSet(msg, "$du", "sip:10.0.0.9")
  pseudoVarSet(msg, "$du", nil)
  return 1
end

function mistakes(msg)
  local told = {}
  local function try(f, ...)
    local ok, why = pcall(f, ...)
    told[#told + 1] = tostring(ok) .. " " .. tostring(why)
  end
  try(pseudoVarSet, msg, "$nothing_at_all", 1)
  try(pseudoVarSet, msg, "$ru; drop()", 1)
  try(pseudoVarSet, msg, "$si", "1.2.3.4")
  try(moduleFunc, msg, "no_such_function")
  try(moduleFunc, msg, "append_hf", "a", "b", "c", "d", "e")
  try(moduleFunc, msg, "append_hf")
  try(moduleFunc, msg, "ds_is_in_list\"); drop(", "x")
  try(getType, "no message")
  try(os.exit, 1)
  try(io.popen, "id")
  try(AVP_set, "x", {})
  try(msg.add_lump_rpl, msg, "no header")
  for _, text in ipairs(told) do xlog("ERR", "told: " .. text) end
  answer(msg, tostring(pseudoVar(msg, "$nothing_at_all")) .. " " .. tostring(ffi) .. " " .. tostring(jit) .. " " ..
    tostring(debug.sethook) .. " " .. tostring(getmetatable(msg)))
  return 1
end

function moduleFuncs(msg)
  local codes = {}
  codes[1] = moduleFunc(msg, "is_method", "OPTIONS")
  codes[2] = msg:moduleFunc("is_method", "INVITE")
  codes[3] = msg:moduleFunc("append_to_reply", "X-User: $fU $$ \"quoted\" \\ $var(x)\r\n")
  codes[4] = msg:moduleFunc("exec_getenv", "PATH", "$var(path)")
  codes[5] = msg:moduleFunc("setflag", "lua_flag")
  codes[6] = msg:moduleFunc("isflagset", "lua_flag")
  answer(msg, table.concat(codes, ",") .. " " .. tostring(scriptVarGet("path") ~= nil))
  return 1
end

-- Functions that wait.
function waits(msg)
  local rc = msg:moduleFunc("sql_query_one", "SELECT '$rU', 2", "$var(text);$var(number)")
  local ok, again = pcall(moduleFunc, msg, "sql_query_one", "SELECT 'second'", "$var(second)")
  answer(msg, rc .. " " .. scriptVarGet("text") .. " " .. scriptVarGet("number") .. " " .. tostring(ok) .. again ..
    scriptVarGet("second") .. " " .. msg:getMethod())
  return 5
end

function waits_in_a_coroutine(msg)
  local told = {}
  coroutine.wrap(function() told[1] = select(2, pcall(moduleFunc, msg, "sql_query_one", "SELECT 1", "$var(a)")) end)()
  string.gsub("a", "a", function() told[2] = select(2, pcall(moduleFunc, msg, "sql_query_one", "SELECT 1", "$var(a)")) end)
  answer(msg, told[1] .. " / " .. told[2])
  return 1
end

function stops(msg) return msg:moduleFunc("sl_send_reply", 404, "From Lua") end

-- Runaways.
function endless() while true do end end
function endless_protected() while true do pcall(function() while true do end end) end end
function endless_coroutines()
  while true do pcall(coroutine.wrap(function() while true do pcall(string.gsub, "aaa", "a", function() while true do end end) end end)) end
end
function glutton()
  local all = {}
  for i = 1, 1e9 do all[i] = string.rep("x", 1000) .. i end
end
function one_string() return #string.rep("x", 1e9) end
function recursion() return 1 + recursion() end
function yields() coroutine.yield(1) end
function fails() error({}) end

kept = nil
function keep(msg)
  kept = msg
  return 1
end
function use_kept() return kept:getType() and 1 end

function watched(msg)
  return watch_getFlag(msg) and watch_getFlagFromExtension("bob") and 1 or -1
end

function process(msg)
  local memory = getmem()
  assert(memory.allocated > 0 and memory.allocated < memory.limit and getmeminfo().limit == memory.limit)
  assert(getpid() > 0 and #gethostname() > 0)
  WarnMissingFreeFixup(true)
  xdbg("a line nobody sees")
  opensips.xlog("L_ERR", "told by opensips.xlog\n")
  xlog("told without a level")
  return 1
end
