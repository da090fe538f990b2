// SPDX-License-Identifier: Apache-2.0
// The template of a registrar and proxy for users and their phones.
#include "server/tools/script_template.h"

namespace carillon::server {

std::string_view residential_template() {
  return R"script(
loadmodule "usrloc.so"
%if dbusrloc
# In memory, and in the table location soon after.
modparam("usrloc", "working_mode_preset", "single-instance-sql-write-back")
%else
# In memory only: after a restart phones have to register again.
modparam("usrloc", "working_mode_preset", "single-instance-no-db")
%end
%if multidomain
modparam("usrloc", "use_domain", 1)
%end
%if nat
modparam("usrloc", "nat_bflag", "NAT")
%end

loadmodule "registrar.so"
%if tcp|tls
# The connection of a REGISTER stays as long as the registration.
modparam("registrar", "tcp_persistent_flag", "TCP_PERSISTENT")
%end
%if nat
modparam("registrar", "received_avp", "$avp(received_nh)")
%end

loadmodule "acc.so"
modparam("acc", "early_media", 0)
modparam("acc", "report_cancels", 0)
modparam("acc", "detect_direction", 0)

%if auth
loadmodule "auth.so"
loadmodule "auth_db.so"
# Passwords are kept as hashes (`carillon user add`). Where the column password has them in plain text:
# modparam("auth_db", "calculate_ha1", 1)
# modparam("auth_db", "password_column", "password")
%if multidomain
modparam("auth_db", "use_domain", 1)
%end
%end
%if aliases
loadmodule "alias_db.so"
%end
%if multidomain
loadmodule "domain.so"
# The table is read at the start and by the command domain:reload.
modparam("domain", "db_mode", 1)
%end
%if dialog
loadmodule "dialog.so"
modparam("dialog", "dlg_match_mode", 1)
# Six hours are the longest call.
modparam("dialog", "default_timeout", 21600)
modparam("dialog", "db_mode", 2)
%end
%if dialplan
loadmodule "dialplan.so"
%end
%if drouting
loadmodule "drouting.so"
%end
%if presence
loadmodule "xcap.so"
loadmodule "presence.so"
loadmodule "presence_xml.so"
# Everybody may see everybody's presence.
modparam("presence_xml", "force_active", 1)
%end
%if nat
loadmodule "nathelper.so"
modparam("nathelper", "natping_interval", 10)
modparam("nathelper", "ping_nated_only", 1)
modparam("nathelper", "sipping_bflag", "SIP_PING_FLAG")
modparam("nathelper", "sipping_from", "@NATPING_FROM@")
modparam("nathelper", "received_avp", "$avp(received_nh)")
loadmodule "rtpproxy.so"
modparam("rtpproxy", "rtpproxy_sock", "@RTPPROXY_SOCKET@")
%end

route {
%if nat
  # What a phone behind NAT says of its address is wrong: answers and requests go to where it really is.
  force_rport();
  if (nat_uac_test("diff-port-src-via, private-via, diff-ip-src-via, private-contact")) {
    if (is_method("REGISTER")) {
      fix_nated_register();
      setbflag("NAT");
    } else {
      fix_nated_contact();
      setflag("NAT");
    }
  }

%end
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
%if presence
      if (is_method("SUBSCRIBE") && @TO_US@) route(presence);
%end
      if (!is_method("ACK")) send_reply(404, "Not here");
      exit;
    }
%if dialog
    if ($DLG_status != NULL && !validate_dialog()) {
      xlog("L_WARN", "$rm from $si does not fit its dialog (Call-ID $ci)\n");
    }
%end
    if (is_method("BYE")) do_accounting("@ACC@", "failed");
%if nat
    if (check_route_param("nat=yes")) setflag("NAT");
    if (is_method("BYE") && isflagset("NAT")) rtpproxy_unforce();
%end
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

  if (!is_method("REGISTER")) {
%if inbound
    if (route(from_pstn)) {
      # The gateway calls our users, and says who calls.
      if (!@TO_US@) {
        send_reply(403, "Relay Forbidden");
        exit;
      }
    } else
%end
    if (@FROM_US@) {
%if auth
      # Who says to be one of ours must be.
      if (!proxy_authorize("", "subscriber")) {
        proxy_challenge("", "auth");
        exit;
      }
      if ($au != $fU) {
        send_reply(403, "Forbidden auth ID");
        exit;
      }
      consume_credentials();
%else
      # One of ours calls. Anybody can say so: --use-auth asks for a password.
%end
    } else if (!@TO_US@) {
      # Nothing is relayed for strangers.
      send_reply(403, "Relay Forbidden");
      exit;
    }
  }

  if (!is_method("REGISTER|MESSAGE")) record_route();
  if (is_method("INVITE")) {
%if dialog
    if (!create_dialog("bye-on-timeout")) {
      send_reply(500, "Internal Server Error");
      exit;
    }
%end
    do_accounting("@ACC@");
  }

  if (!@TO_US@) {
    append_hf("P-hint: outbound\r\n");
    route(relay);
  }

  if (is_method("PUBLISH|SUBSCRIBE")) {
%if presence
    route(presence);
%else
    send_reply(503, "Service Unavailable");
    exit;
%end
  }

  if (is_method("REGISTER")) route(register);

  # --- To one of our users
  if ($rU == NULL) {
    send_reply(484, "Address Incomplete");
    exit;
  }
%if aliases
  alias_db_lookup("dbaliases");
%end
%if dialplan
  dp_translate(0, "$rU", $rU);
%end
%if outbound
  if ($rU =~ "^\+[1-9][0-9]+$") route(to_pstn);
%end

  if (!lookup("location", "method-filtering")) {
%if auth
    if (!db_does_uri_exist("$ru", "subscriber")) {
      send_reply(420, "Bad Extension");
      exit;
    }
%end
%if voicemail
    # Nobody is there: the mailbox takes the call.
    if (is_method("INVITE")) {
      $du = "@VOICEMAIL_URI@";
      route(relay);
    }
%end
    t_reply(404, "Not Found");
    exit;
  }
%if nat
  if (isbflagset("NAT")) setflag("NAT");
%end

  # A call that nobody takes is accounted as missed.
  do_accounting("@ACC@", "missed");
  route(relay);
}

# Ends the run.
route[register] {
%if auth
  if (!www_authorize("", "subscriber")) {
    www_challenge("", "auth");
    exit;
  }
  if ($au != $tU) {
    send_reply(403, "Forbidden auth ID");
    exit;
  }
%end
%if tcp|tls
  if ($socket_in(proto) != "udp") setflag("TCP_PERSISTENT");
%end
%if nat
  if (isbflagset("NAT")) setbflag("SIP_PING_FLAG");
%end
  if (!save("location")) sl_reply_error();
  exit;
}

# Ends the run.
route[relay] {
  if (is_method("INVITE")) {
%if nat
    if (isflagset("NAT") && has_body("application/sdp")) rtpproxy_offer("ro");
    t_on_reply("nat");
%end
    t_on_failure("unanswered");
  }
%if nat
  if (isflagset("NAT")) add_rr_param(";nat=yes");
%end
  if (!t_relay()) send_reply(500, "Internal Error");
  exit;
}

%if presence
# Ends the run.
route[presence] {
  if (!t_newtran()) {
    sl_reply_error();
    exit;
  }
  if (is_method("PUBLISH")) {
    handle_publish();
  } else if (is_method("SUBSCRIBE")) {
    handle_subscribe();
  }
  exit;
}

%end
%if inbound
# Whether the request comes from the PSTN gateway.
route[from_pstn] {
%if drouting
  if (is_from_gw()) return(1);
%else
  if ($si == "@PSTN_IP@" && $sp == @PSTN_PORT@) return(1);
%end
  return(-1);
}

%end
%if outbound
# Ends the run.
route[to_pstn] {
%if drouting
  strip(1);
  if (!do_routing(0)) {
    send_reply(500, "No PSTN Route found");
    exit;
  }
%else
  $rd = "@PSTN_IP@";
  $rp = @PSTN_PORT@;
%end
  route(relay);
}

%end
%if nat
onreply_route[nat] {
  if (nat_uac_test("private-contact")) fix_nated_contact();
  if (isflagset("NAT") && has_body("application/sdp")) rtpproxy_answer("ro");
}

%end
failure_route[unanswered] {
  if (t_was_cancelled()) {
%if nat
    if (isflagset("NAT")) rtpproxy_unforce();
%end
    exit;
  }
%if voicemail
  # Busy, or nobody took it.
  if (t_check_status("486|408")) {
    $du = "@VOICEMAIL_URI@";
    t_relay();
    exit;
  }
%end
%if outbound&drouting
  if (t_check_status("408|5[0-9][0-9]") && use_next_gw()) {
    t_on_failure("unanswered");
    t_relay();
    exit;
  }
%end
  # Serial forking, another destination, another answer: here.
%if nat
  if (isflagset("NAT")) rtpproxy_unforce();
%end
}
%if dialog

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
