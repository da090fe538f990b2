// SPDX-License-Identifier: Apache-2.0
// The template of a server in front of media servers.
#include "server/tools/script_template.h"

namespace carillon::server {

std::string_view load_balancer_template() {
  return R"script(
loadmodule "acc.so"
modparam("acc", "early_media", 0)
modparam("acc", "report_cancels", 0)
modparam("acc", "detect_direction", 0)

%if dispatcher
# The servers: the set 1 of the table dispatcher.
loadmodule "dispatcher.so"
%if !nopinging
# Every ten seconds those that have failed are asked whether they live again.
modparam("dispatcher", "ds_ping_method", "OPTIONS")
modparam("dispatcher", "ds_ping_interval", 10)
modparam("dispatcher", "ds_probing_threshold", 3)
%end
%else
# The servers: the group 1 of the table load_balancer, as "channel=30" in the column resources.
loadmodule "dialog.so"
modparam("dialog", "dlg_match_mode", 1)
modparam("dialog", "default_timeout", 21600)
modparam("dialog", "db_mode", 0)
loadmodule "load_balancer.so"
%if nopinging
modparam("load_balancer", "probing_interval", 0)
%else
modparam("load_balancer", "probing_method", "OPTIONS")
modparam("load_balancer", "probing_interval", 30)
%end
%end

route {
  if (!mf_process_maxfwd_header(70)) {
    send_reply(483, "Too Many Hops");
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
  if (!is_method("INVITE")) {
    send_reply(405, "Method Not Allowed");
    exit;
  }

  record_route();
  do_accounting("@ACC@");

%if dispatcher
  # Algorithm 4: in turns, by weight. "f" keeps the others for the failure_route.
  if (!ds_select_dst(1, 4, "f")) {
%else
  if (!lb_start(1, "channel")) {
%end
    send_reply(500, "No Destination available");
    exit;
  }
  t_on_failure("next_destination");
  route(relay);
}

# Ends the run.
route[relay] {
  if (!t_relay()) send_reply(500, "Internal Error");
  exit;
}

failure_route[next_destination] {
  if (t_was_cancelled()) exit;
  # What another server may do better.
  if (t_check_status("408|5[0-9][0-9]|6[0-9][0-9]")) {
%if dispatcher
    # It gets no new calls until it has answered again.
    ds_mark_dst("p");
    if (ds_next_dst()) {
%else
    if (lb_next()) {
%end
      t_on_failure("next_destination");
      t_relay();
      exit;
    }
    t_reply(500, "No Destination available");
  }
}
)script";
}

}  // namespace carillon::server
