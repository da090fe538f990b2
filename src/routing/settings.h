// SPDX-License-Identifier: Apache-2.0
// How the proxy behaves: the parameters of tm, rr and the core that the packet path reads. Set before the workers run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "script/value.h"
#include "transaction/settings.h"

namespace carillon::routing {

class Blacklists;
class RequestPrelude;
class RouteListener;

struct ProxySettings {
  transaction::Settings transactions;

  bool auto_100trying = true;            // tm: 100 as soon as an INVITE has a transaction
  bool onreply_avp_mode = false;         // tm: onreply_routes see the transaction's AVPs
  std::uint32_t minor_branches = 0;      // tm: minor_branch_flag; branches that nobody waits for
  bool disable_6xx_block = false;        // tm: a 6xx does not end serial forking
  bool disable_503_translation = false;  // core: a 503 of a branch goes upstream as 503, not 500 (section 16.7 step 6)
  bool check_proxy_require = true;       // core: 420 for what a Proxy-Require asks and nobody here knows (section 16.3)
  bool forward_unmatched_responses = false;  // core: disable_stateless_fwd=0; forward() in the script has it too
  Blacklists* blacklists = nullptr;          // core: dst_blacklist and "dns"; null: none
  bool dns_blacklist = false;                // core: disable_dns_blacklist=0
  std::uint32_t connected_branches = 0;      // core: tcp_no_new_conn_bflag
  std::uint32_t connected_replies = 0;       // core: tcp_no_new_conn_rplflag
  bool sip_warning = false;                  // core: Warning: 392 in our own replies

  bool append_fromtag = true;                   // rr: ;ftag= in Record-Route
  bool double_record_route = true;              // rr: enable_double_rr
  bool record_route_username = false;           // rr: add_username
  std::string ignored_route_user;               // rr: ignore_user
  std::vector<RouteListener*> route_listeners;  // told of what loose_route() has followed

  std::vector<script::NamedValue> initial_variables;  // cfgutils: varset; texts outlive the settings' use
  RequestPrelude* prelude = nullptr;                  // script_helper: what is done with a request before the script

  bool abort_on_assert = false;  // core: a failed assert() ends the process
  int xlog_level = 2;            // core: xlog() of a higher level is silent

  // Value of Server in our own responses; empty: none (server_signature=no).
  std::string server;
  // Value of User-Agent in requests of our own; empty: none.
  std::string user_agent;
  base::Duration slow_message = base::Duration::zero();  // core: exec_msg_threshold; 0: no run is too slow
  std::string advertised_address;                        // core; empty: each listener's own
  std::uint16_t advertised_port = 0;

  std::uint8_t initial_max_forwards = 70;  // RFC 3261 section 16.6 step 3
  std::uint8_t initial_max_breadth = 60;   // RFC 5393 section 5.3.3
  int overload_retry_after = 10;           // seconds, in the 503 of a refused transaction
  std::uint32_t overload_refusals = 10;    // of them a source and second; what comes beyond is dropped
};

}  // namespace carillon::routing
