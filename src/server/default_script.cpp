// SPDX-License-Identifier: Apache-2.0
// See default_script.h.
#include "server/default_script.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

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
modparam("usrloc", "db_url", "{}")
modparam("usrloc", "timer_interval", 2)
)";

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
    if (!save("location", "path-lazy")) sl_reply_error();
    exit;
  }

  # Calls are for our users; who calls out must be one of them.
  if (!is_myself($rd)) {
    if (!is_myself($fd)) {
      send_reply(403, "Relay Forbidden");
      exit;
    }
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

std::string default_script(const DefaultScriptOptions& options) {
  std::string script = kModules;
  if (!options.db_url.empty()) script += fmt::format(fmt::runtime(kLocationInDatabase), options.db_url);
  return script + kRoutes;
}

std::string default_db_url() {
  std::filesystem::path folder = "/var/lib/carillon";
  if (::geteuid() != 0) {
    const char* home = std::getenv("HOME");
    folder = std::filesystem::path(home != nullptr ? home : ".") / ".local/share/carillon";
  }
  std::error_code ignored;  // what is wrong shows when the file is opened
  std::filesystem::create_directories(folder, ignored);
  return fmt::format("sqlite://{}", (folder / "carillon.sqlite").string());
}

}  // namespace carillon::server
