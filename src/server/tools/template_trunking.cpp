// SPDX-License-Identifier: Apache-2.0
// The template of a server between trunks of customers and gateways of carriers.
#include "server/tools/script_template.h"

namespace carillon::server {

std::string_view trunking_template() {
  return R"script(
loadmodule "acc.so"
modparam("acc", "early_media", 0)
modparam("acc", "report_cancels", 0)
modparam("acc", "detect_direction", 0)

# The trunks: addresses of group 1 in the table address. context_info is how many calls at once a trunk may have.
loadmodule "permissions.so"

# The gateways: tables dr_gateways, dr_carriers and dr_rules, of the group 1.
loadmodule "drouting.so"

%if dialog|limit
loadmodule "dialog.so"
modparam("dialog", "dlg_match_mode", 1)
# Six hours are the longest call.
modparam("dialog", "default_timeout", 21600)
modparam("dialog", "db_mode", 2)
%if limit
modparam("dialog", "profiles_with_value", "trunkCalls")
%end
%end
%if dialplan
loadmodule "dialplan.so"
%end

route {
  if (!mf_process_maxfwd_header(70)) {
    send_reply(483, "Too Many Hops");
    exit;
  }

  # --- Who is it?
  if (check_source_address(1, $avp(trunk_attrs))) {
    setflag("FROM_TRUNK");
  } else if (!is_from_gw()) {
    send_reply(403, "Forbidden");
    exit;
  }

  # --- Inside a dialog: along the recorded route
  if (has_totag()) {
    # The ACK of a failure belongs to its INVITE.
    if (is_method("ACK") && t_check_trans()) {
      t_relay();
      exit;
    }
    if (!loose_route()) {
      if (!is_method("ACK")) send_reply(404, "Not here");
      exit;
    }
%if dialog|limit
    if ($DLG_status != NULL && !validate_dialog()) {
      xlog("L_WARN", "$rm from $si does not fit its dialog (Call-ID $ci)\n");
    }
%end
    if (is_method("BYE")) do_accounting("@ACC@", "failed");
    route(relay);
  }

  # --- New requests
  if (is_method("CANCEL")) {
    if (t_check_trans()) t_relay();
    exit;
  }
  if (is_method("ACK")) exit;
  # A retransmission ends here.
  t_check_trans();

  # A Route that nobody of ours has recorded.
  if (loose_route()) {
    xlog("L_ERR", "preloaded Route from $fu at $si to $tu\n");
    send_reply(403, "Preload Route denied");
    exit;
  }
  # Trunks ask whether we live.
  if (is_method("OPTIONS") && $rU == NULL) {
    send_reply(200, "OK");
    exit;
  }
  if (!isflagset("FROM_TRUNK")) {
    send_reply(403, "Forbidden");
    exit;
  }
  if (!is_method("INVITE")) {
    send_reply(405, "Method Not Allowed");
    exit;
  }
  if ($rU == NULL) {
    send_reply(484, "Address Incomplete");
    exit;
  }

  record_route();
  do_accounting("@ACC@");

%if dialog|limit
  if (!create_dialog("bye-on-timeout")) {
    send_reply(500, "Internal Server Error");
    exit;
  }
%end
%if limit
  # This call counts already.
  if ($avp(trunk_attrs) != NULL && $avp(trunk_attrs) != "") {
    set_dlg_profile("trunkCalls", "$si");
    get_profile_size("trunkCalls", "$si", $var(calls));
    if ($var(calls) > $(avp(trunk_attrs){s.int})) {
      send_reply(486, "Busy Here");
      exit;
    }
  }
%end
%if dialplan
  dp_translate(0, "$rU", $rU);
%end

  if (!do_routing(1)) {
    send_reply(404, "No Route found");
    exit;
  }
  t_on_failure("next_gateway");
  route(relay);
}

# Ends the run.
route[relay] {
  if (!t_relay()) send_reply(500, "Internal Error");
  exit;
}

failure_route[next_gateway] {
  if (t_was_cancelled()) exit;
  # What another gateway may do better.
  if (t_check_status("408|5[0-9][0-9]|6[0-9][0-9]")) {
    if (use_next_gw()) {
      t_on_failure("next_gateway");
      t_relay();
      exit;
    }
    t_reply(500, "Service not available, no further gateway");
  }
}
%if dialog|limit

# What the server sends itself: the BYEs of a call that has taken too long.
local_route {
%if dbacc
  if (is_method("BYE") && $DLG_dir == "UPSTREAM") acc_db_request("200 Dialog Timeout", "acc");
%else
  if (is_method("BYE") && $DLG_dir == "UPSTREAM") acc_log_request("200 Dialog Timeout");
%end
}
%end
)script";
}

}  // namespace carillon::server
