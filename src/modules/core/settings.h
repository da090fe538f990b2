// SPDX-License-Identifier: Apache-2.0
// The core parameters of a script ("log_level = 3"), as the server reads them once it is compiled.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/log.h"

namespace carillon::core {

struct CoreSettings {
  int log_level = 2;
  int xlog_level = 2;
  int xlog_print_level = 2;  // read by the compiler too
  bool xlog_force_color = false;
  std::string log_prefix;
  bool stderror_enabled = true;
  bool syslog_enabled = false;
  bool log_event_enabled = false;
  int stderror_level_filter = 0;
  int syslog_level_filter = 0;
  int log_event_level_filter = 0;
  std::string stderror_log_format = "plain_text";
  std::string syslog_log_format = "plain_text";
  std::string syslog_name = "carillon";
  int syslog_facility = log::kDaemonFacility;
  bool debug_mode = false;
  bool enable_asserts = false;  // read by the compiler too
  bool abort_on_assert = false;

  int udp_workers = 0;  // 0: one a core
  std::string advertised_address;
  int advertised_port = 0;
  bool auto_aliases = false;
  int port = 0;    // of sockets that name none; 0: the protocol's
  int tos = 0x10;  // IPTOS_LOWDELAY
  bool mhomed = false;
  int tcp_max_connections = 2048;
  std::chrono::milliseconds tcp_connect_timeout{100};
  std::chrono::seconds tcp_connection_lifetime{120};
  std::chrono::seconds tcp_max_msg_time{4};
  int tcp_accept_aliases = 0;
  bool tcp_keepalive = true;
  int tcp_keepcount = 0;
  int tcp_keepidle = 0;
  int tcp_keepinterval = 0;
  std::string tcp_no_new_conn_bflag;
  std::string tcp_no_new_conn_rplflag;
  bool check_via = false;

  std::optional<bool> dns_try_ipv6;
  bool dns_use_search_list = true;
  int dns_retr_time = 0;
  int dns_retr_no = 0;
  int dns_servers_no = 0;
  bool disable_dns_failover = false;
  bool disable_dns_blacklist = true;

  bool check_proxy_require = true;
  bool disable_503_translation = false;
  bool disable_stateless_fwd = true;
  bool sip_warning = false;
  bool server_signature = true;
  std::string server_header;
  std::string user_agent_header;
  int max_message_size = 65'535;
  int max_header_lines = 256;
  int max_header_size = 8'192;
  int max_uri_size = 2'048;

  // Of one run; the compiler reads them too.
  int max_while_loops = 10'000;
  int pv_print_buf_size = 20'000;
  int max_script_steps = 5'000'000;
  int max_script_time = 2'000;
  std::chrono::microseconds exec_msg_threshold{0};  // 0: nothing is too slow
  std::chrono::microseconds exec_dns_threshold{0};

  std::string chroot;
  std::string wdir;
  int open_files_limit = -1;
  bool disable_core_dump = false;
  std::string db_default_url;
  int db_max_async_connections = 4;
  std::string db_version_table = "version";
};

}  // namespace carillon::core
