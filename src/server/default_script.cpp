// SPDX-License-Identifier: Apache-2.0
// See default_script.h.
#include "server/default_script.h"

#include <fmt/format.h>

#include <filesystem>
#include <string_view>

#include "module/state_folder.h"
#include "storage/url.h"

namespace carillon::server {
namespace {

constexpr const char* kModules = R"(
loadmodule "proto_udp.so"
loadmodule "proto_tcp.so"
loadmodule "db_sqlite.so"
loadmodule "signaling.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "sipmsgops.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "acc.so"
)";

constexpr const char* kLocationInDatabase = R"(
modparam("usrloc", "working_mode_preset", "single-instance-sql-write-back")
modparam("usrloc", "timer_interval", 2)

loadmodule "sqlops.so"
loadmodule "auth.so"
loadmodule "auth_db.so"
)";

// Without a database there are no users to ask for passwords.
constexpr const char* kAnybody = R"(
route[authorize] {
  return(1);
}
)";

constexpr const char* kUsersOfDatabase = R"script(
# Ends the run of a request whose sender isn't the user of From, or at REGISTER of To.
route[authorize] {
  # On loopback anybody may do anything until the first user is added.
  if ($socket_in(ip) =~ "^(127[.]|::1|.::1)") {
  sql_select_one("[\"id\"]", "subscriber", , , "$var(id)");
  if ($rc == -2) return (1);
}

if (is_method("REGISTER")) {
  if (!www_authorize("", "subscriber")) {
    www_challenge("", "auth");
    exit;
  }
  if ($au != $tU) {
    send_reply(403, "Not your user");
    exit;
  }
  return (1);
}
if (!proxy_authorize("", "subscriber")) {
  proxy_challenge("", "auth");
  exit;
}
if ($au != $fU) {
  send_reply(403, "Not your user");
  exit;
}
consume_credentials();
return (1);
}
)script";

constexpr const char* kRoutes = R"(
modparam("rr", "append_fromtag", 0)

route {
  if (!mf_process_maxfwd_header(70)) {
    send_reply(483, "Too Many Hops");
    exit;
  }

  # Inside a dialog: along the recorded route.
  if (has_totag()) {
    if (!loose_route()) {
      # The ACK of a call that was answered here in the first place.
      if (is_method("ACK")) exit;
      send_reply(404, "Not Here");
      exit;
    }
    route(relay);
    exit;
  }

  if (is_method("CANCEL")) {
    if (t_check_trans()) t_relay();
    exit;
  }

  # A Route nobody of ours has recorded.
  if (loose_route()) {
    if (!is_method("ACK")) send_reply(403, "Preload Route denied");
    exit;
  }
  if (is_method("ACK")) exit;

  if (!is_method("REGISTER|MESSAGE")) record_route();

  if (is_method("REGISTER")) {
    if (!is_myself($td) && !is_myself($rd)) {
      send_reply(403, "Not our domain");
      exit;
    }
    route(authorize);
    if (!save("location", "path-lazy")) sl_reply_error();
    exit;
  }

  # Calls are for our users; who says to be one of them must be, and may call out.
  if (is_myself($fd)) {
    route(authorize);
  } else if (!is_myself($rd)) {
    send_reply(403, "Relay Forbidden");
    exit;
  }
  if (!is_myself($rd)) {
    route(relay);
    exit;
  }
  if ($rU == NULL) {
    if (is_method("OPTIONS")) {
      send_reply(200, "OK");
      exit;
    }
    send_reply(484, "Address Incomplete");
    exit;
  }
  if (is_method("PUBLISH|SUBSCRIBE")) {
    send_reply(503, "Service Unavailable");
    exit;
  }

  if (is_method("INVITE")) do_accounting("log");
  if (!lookup("location", "method-filtering")) {
    t_reply(404, "Not Found");
    exit;
  }
  route(relay);
}

route[relay] {
  if (!t_relay()) send_reply(500, "Internal Error");
  exit;
}
)";

}  // namespace

namespace {

// As a string of a script.
std::string script_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

}  // namespace

std::string default_script(const DefaultScriptOptions& options) {
  std::string script = kModules;
  if (options.db_url.empty()) return script + kRoutes + kAnybody;
  const auto url = storage::Url::parse(options.db_url);
  const std::string kind = url ? url->scheme : std::string("sqlite");
  if (kind != "sqlite") script += fmt::format("loadmodule {}\n", script_string("db_" + kind + ".so"));
  script = fmt::format("db_default_url = {}\n", script_string(options.db_url)) + script;
  return script + kLocationInDatabase + kRoutes + kUsersOfDatabase;
}

std::string default_db_url() {
  const std::filesystem::path folder = module::state_folder();
  std::error_code ignored;  // what is wrong shows when the file is opened
  std::filesystem::create_directories(folder, ignored);
  return fmt::format("sqlite://{}", (folder / "carillon.sqlite").string());
}

}  // namespace carillon::server
