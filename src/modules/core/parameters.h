// SPDX-License-Identifier: Apache-2.0
// The core parameters, as rows for the declaration page: those that have a meaning here, those of older versions, and
// those that are accepted although nothing needs them.
#pragma once

#include <array>
#include <string_view>

#include "modules/core/core.h"

namespace carillon::core {

// Kept in CoreSettings.
template <auto Member>
constexpr module::ParameterDecl setting(std::string_view name, std::string_view documentation) {
  using Type = typename module::detail::MemberTraits<decltype(Member)>::Type;
  return {.name = name,
          .type = module::detail::parameter_type<Type>(),
          .documentation = documentation,
          .set =
              [](module::Module& core, const script::Value& value) {
                return module::detail::store(static_cast<Core&>(core).settings.*Member, value);
              },
          .show =
              [](const module::Module& core) {
                return module::detail::show(static_cast<const Core&>(core).settings.*Member);
              }};
}

// Of OpenSIPS's, one that nothing here needs.
constexpr module::ParameterDecl not_needed(std::string_view name, std::string_view why) {
  return {.name = name,
          .type = module::ParameterType::Either,
          .documentation = why,
          .set = [](module::Module& /*core*/, const script::Value& /*value*/) { return base::Result<>(); },
          .needless = true};
}

// One that has become a parameter of a module, or is gone.
constexpr module::ParameterDecl gone(std::string_view name, std::string_view today) {
  return module::older(today, not_needed(name, "Of an older version; accepted and without effect."));
}

inline constexpr std::string_view kNoSharedMemory = "Not needed: memory grows and shrinks with use.";
inline constexpr std::string_view kNoProcesses = "Not needed: workers are threads and follow the load; see --workers.";
inline constexpr std::string_view kNoBuffer = "Not needed: lines are as long as they are.";
inline constexpr std::string_view kWriteBack = "Not needed: modules that write much have write-back modes.";
inline constexpr std::string_view kNoMulticast = "Without effect: there is no multicast.";
inline constexpr std::string_view kTlsModule = "modparam(\"tls_mgm\", ...)";

inline constexpr auto kParameters = std::to_array<module::ParameterDecl>({
    // --- logging
    setting<&CoreSettings::log_level>("log_level", "From -3 (alert) to 4 (debug)."),
    setting<&CoreSettings::xlog_level>("xlog_level", "Ceiling for xlog()."),
    setting<&CoreSettings::xlog_print_level>("xlog_print_level", "Level of an xlog() that names none."),
    setting<&CoreSettings::xlog_force_color>("xlog_force_color", "Honours $C(xy) in what xlog() writes."),
    setting<&CoreSettings::log_prefix>("log_prefix", "Stands before every line, with a colon."),
    setting<&CoreSettings::stderror_enabled>("stderror_enabled", "Log to standard error."),
    setting<&CoreSettings::syslog_enabled>("syslog_enabled", "Log to syslog."),
    setting<&CoreSettings::log_event_enabled>("log_event_enabled", "Raise E_CORE_LOG for every line."),
    setting<&CoreSettings::stderror_level_filter>("stderror_level_filter",
                                                  "Ceiling for standard error besides log_level; 0: none."),
    setting<&CoreSettings::syslog_level_filter>("syslog_level_filter",
                                                "Ceiling for syslog besides log_level; 0: none."),
    setting<&CoreSettings::log_event_level_filter>("log_event_level_filter",
                                                   "Ceiling for E_CORE_LOG besides log_level; 0: none."),
    setting<&CoreSettings::stderror_log_format>("stderror_log_format", "\"plain_text\", \"json\" or \"json_cee\"."),
    setting<&CoreSettings::syslog_log_format>("syslog_log_format", "\"plain_text\", \"json\" or \"json_cee\"."),
    setting<&CoreSettings::syslog_name>("syslog_name", "Name of the program in syslog."),
    module::parameter<&Core::set_syslog_facility>("syslog_facility", module::ParameterType::Text,
                                                  "LOG_LOCAL0 and the like; LOG_DAEMON unless set."),
    setting<&CoreSettings::debug_mode>("debug_mode",
                                       "Logs at level 4 to standard error, and lets the process dump core."),
    setting<&CoreSettings::enable_asserts>("enable_asserts", "assert() is looked at; otherwise it does nothing."),
    setting<&CoreSettings::abort_on_assert>("abort_on_assert",
                                            "A failed assert() aborts the process, for a developer to look into."),

    // --- sockets and connections
    setting<&CoreSettings::udp_workers>("udp_workers", "Threads at most; 0: one a core."),
    setting<&CoreSettings::advertised_address>("advertised_address", "Host written into Via and Record-Route."),
    setting<&CoreSettings::advertised_port>("advertised_port", "Port written into Via and Record-Route."),
    setting<&CoreSettings::auto_aliases>("auto_aliases", "Adds the DNS names of the sockets as aliases."),
    module::parameter<&Core::set_tos>(
        "tos", module::ParameterType::Either,
        "IP_TOS of sockets that have none of their own: a number or IPTOS_LOWDELAY, which "
        "it is unless set, IPTOS_THROUGHPUT, IPTOS_RELIABILITY, IPTOS_MINCOST."),
    setting<&CoreSettings::mhomed>("mhomed", "The socket to send from is the one of the kernel's route."),
    setting<&CoreSettings::tcp_max_connections>("tcp_max_connections", "Accepted stream connections."),
    setting<&CoreSettings::tcp_connect_timeout>("tcp_connect_timeout", "Milliseconds."),
    setting<&CoreSettings::tcp_connection_lifetime>("tcp_connection_lifetime", "Seconds without traffic."),
    setting<&CoreSettings::tcp_max_msg_time>("tcp_max_msg_time", "Seconds from the first to the last byte."),
    setting<&CoreSettings::tcp_accept_aliases>("tcp_accept_aliases", "0 never, 1 with ;alias (RFC 5923), 2 always."),
    setting<&CoreSettings::tcp_keepalive>("tcp_keepalive", "SO_KEEPALIVE on streams."),
    setting<&CoreSettings::tcp_keepcount>("tcp_keepcount", "Probes until a stream is given up; 0: the system's."),
    setting<&CoreSettings::tcp_keepidle>("tcp_keepidle", "Seconds of silence before the first probe; 0: the system's."),
    setting<&CoreSettings::tcp_keepinterval>("tcp_keepinterval", "Seconds between probes; 0: the system's."),
    setting<&CoreSettings::tcp_no_new_conn_bflag>(
        "tcp_no_new_conn_bflag", "A branch flag: the branch goes by a connection that is open, or fails."),
    setting<&CoreSettings::tcp_no_new_conn_rplflag>(
        "tcp_no_new_conn_rplflag", "A message flag: replies go by a connection that is open, or not at all."),
    setting<&CoreSettings::check_via>("check_via", "Drops replies whose top Via is not ours."),

    // --- names
    module::parameter<&Core::set_dns_try_ipv6>("dns_try_ipv6", module::ParameterType::Integer,
                                               "0: IPv4 addresses only; unless set, what the system prefers."),
    setting<&CoreSettings::dns_use_search_list>("dns_use_search_list",
                                                "Names are also looked for in the system's domains."),
    setting<&CoreSettings::dns_retr_time>("dns_retr_time",
                                          "Seconds until a name server is asked again; 0: the system's."),
    setting<&CoreSettings::dns_retr_no>("dns_retr_no", "How often a name server is asked; 0: the system's."),
    setting<&CoreSettings::dns_servers_no>("dns_servers_no",
                                           "How many of the system's name servers are asked; 0: all."),
    setting<&CoreSettings::disable_dns_failover>("disable_dns_failover", "Only the first address of a name is tried."),
    module::parameter<&Core::set_disable_dns_blacklist>(
        "disable_dns_blacklist", module::ParameterType::Integer,
        "0: what a name led to and did not answer is on the blacklist \"dns\" for four minutes."),
    module::parameter<&Core::set_dst_blacklist>(
        "dst_blacklist", module::ParameterType::Text,
        "A list of destinations: name/expire,default,readonly:{(udp,10.0.0.0/8,5060,\"pattern\"),!(10.1.0.0/16)}."),

    // --- what messages look like and how many bytes they may have
    setting<&CoreSettings::check_proxy_require>(
        "check_proxy_require", "Answers 420 to a Proxy-Require that is neither known here nor removed by the script."),
    setting<&CoreSettings::disable_503_translation>("disable_503_translation", "Relays a 503 as 503, not as 500."),
    setting<&CoreSettings::disable_stateless_fwd>("disable_stateless_fwd",
                                                  "Drops replies that belong to no transaction."),
    setting<&CoreSettings::sip_warning>("sip_warning", "Adds Warning: 392 to our own replies, for debugging."),
    setting<&CoreSettings::server_signature>("server_signature",
                                             "Adds Server and User-Agent to what we send ourselves."),
    setting<&CoreSettings::server_header>("server_header", "The Server header, with its name."),
    setting<&CoreSettings::user_agent_header>("user_agent_header", "The User-Agent header, with its name."),
    setting<&CoreSettings::max_message_size>("max_message_size", "Bytes of one message; a larger one gets 413."),
    setting<&CoreSettings::max_header_lines>("max_header_lines", "Headers of one message; more get 400."),
    setting<&CoreSettings::max_header_size>("max_header_size", "Bytes of one header with its folds; more get 400."),
    setting<&CoreSettings::max_uri_size>("max_uri_size", "Bytes of the Request-URI; a longer one gets 414."),

    // --- runs of the script
    setting<&CoreSettings::max_while_loops>("max_while_loops", "Turns of one loop."),
    setting<&CoreSettings::pv_print_buf_size>("pv_print_buf_size", "Bytes of one expanded text."),
    setting<&CoreSettings::max_script_steps>("max_script_steps", "Instructions of one run of the script."),
    setting<&CoreSettings::max_script_time>("max_script_time",
                                            "Milliseconds of the processor for one run of the script."),
    setting<&CoreSettings::exec_msg_threshold>(
        "exec_msg_threshold", "Microseconds from a message to the end of its run; more are logged (E_CORE_THRESHOLD)."),
    setting<&CoreSettings::exec_msg_threshold>("execmsgthreshold", "Another spelling of exec_msg_threshold."),
    setting<&CoreSettings::exec_dns_threshold>(
        "exec_dns_threshold", "Microseconds of one look-up of a name; more are logged (E_CORE_THRESHOLD)."),
    setting<&CoreSettings::exec_dns_threshold>("execdnsthreshold", "Another spelling of exec_dns_threshold."),

    // --- the process
    setting<&CoreSettings::chroot>("chroot", "The process's root directory; -t overrides it."),
    setting<&CoreSettings::wdir>("wdir", "The working directory; -w overrides it."),
    setting<&CoreSettings::wdir>("workdir", "The working directory; -w overrides it."),
    setting<&CoreSettings::open_files_limit>("open_files_limit",
                                             "Files the process may have open; -1: as many as it is allowed."),
    setting<&CoreSettings::disable_core_dump>("disable_core_dump", "The process leaves no core behind."),
    setting<&CoreSettings::db_default_url>("db_default_url", "Database of modules without a db_url."),
    setting<&CoreSettings::db_max_async_connections>(
        "db_max_async_connections",
        "Connections of one worker to one database (MariaDB, PostgreSQL) for reads that wake no thread; 0: none."),
    setting<&CoreSettings::db_version_table>("db_version_table", "Name of the table with the versions of tables."),

    // --- names of older versions
    module::older("log_level", setting<&CoreSettings::log_level>("debug", "Older spelling of log_level.")),
    module::older("xlog_print_level", setting<&CoreSettings::xlog_print_level>("xlog_default_level",
                                                                               "Older spelling of xlog_print_level.")),
    module::older("stderror_enabled and syslog_enabled",
                  setting<&CoreSettings::stderror_enabled>("log_stderror", "Older spelling of stderror_enabled.")),
    module::older("syslog_name", setting<&CoreSettings::syslog_name>("log_name", "Older spelling of syslog_name.")),
    module::older("syslog_facility",
                  module::parameter<&Core::set_syslog_facility>("log_facility", module::ParameterType::Text,
                                                                "Older spelling of syslog_facility.")),
    module::older("udp_workers", setting<&CoreSettings::udp_workers>("children", "Older spelling of udp_workers.")),
    module::older(
        "socket = udp:host:port",
        setting<&CoreSettings::port>("port", "Port of sockets that name none, unless their protocol says it.")),
    module::older(
        "sockets have their own: socket = udp:host:port tos 16",
        module::parameter<&Core::set_tos>("sip_tos", module::ParameterType::Either, "Older spelling of tos.")),
    gone("tcp_children", "tcp_workers"),
    gone("fork", "debug_mode = yes, or -F"),
    gone("disable_tcp", "without loadmodule \"proto_tcp.so\""),
    gone("disable_tls", "without loadmodule \"proto_tls.so\""),
    gone("avp_aliases", "the AVP's name itself, $avp(name)"),
    gone("reply_to_via", "set_via_handling(\"reply-to-via\")"),
    gone("disable_dns_cache", "dns_cache is a module"),
    gone("tcp_send_timeout", "modparam(\"proto_tcp\", \"tcp_send_timeout\", ...)"),
    gone("tcp_async", "modparam(\"proto_tcp\", \"tcp_async\", ...)"),
    gone("tcp_async_local_connect_timeout", "modparam(\"proto_tcp\", \"tcp_async_local_connect_timeout\", ...)"),
    gone("tcp_async_local_write_timeout", "modparam(\"proto_tcp\", \"tcp_async_local_write_timeout\", ...)"),
    gone("tcp_async_max_postponed_chunks", "modparam(\"proto_tcp\", \"tcp_async_max_postponed_chunks\", ...)"),
    gone("tcp_max_msg_chunks", "modparam(\"proto_tcp\", \"tcp_max_msg_chunks\", ...)"),
    gone("tcp_crlf_pingpong", "modparam(\"proto_tcp\", \"tcp_crlf_pingpong\", ...)"),
    gone("tcp_crlf_drop", "modparam(\"proto_tcp\", \"tcp_crlf_drop\", ...)"),
    gone("tcp_accept_haproxy", "socket = tcp:host:port allow_proxy_protocol"),
    gone("user", "-u user"),
    gone("uid", "-u user"),
    gone("group", "-g group"),
    gone("gid", "-g group"),
    gone("tcp_listen_backlog", "tcp_socket_backlog"),
    gone("tcp_poll_method", "poll_method"),
    gone("tls_method", kTlsModule),
    gone("tls_verify_server", kTlsModule),
    gone("tls_verify_client", kTlsModule),
    gone("tls_require_client_certificate", kTlsModule),
    gone("tls_certificate", kTlsModule),
    gone("tls_private_key", kTlsModule),
    gone("tls_ca_list", kTlsModule),
    gone("tls_ca_dir", kTlsModule),
    gone("tls_ciphers_list", kTlsModule),
    gone("tls_dh_params", kTlsModule),
    gone("tls_ec_curve", kTlsModule),
    gone("tls_handshake_timeout", kTlsModule),
    gone("tls_send_timeout", kTlsModule),
    gone("tls_port_no", "socket = tls:host:port"),
    gone("tls_client_domain_avp", kTlsModule),

    // --- nothing here needs them
    not_needed("tcp_workers", kNoProcesses),
    not_needed("tcp_threads", kNoProcesses),
    not_needed("timer_workers", kNoProcesses),
    not_needed("auto_scaling_cycle", kNoProcesses),
    not_needed("auto_scaling_profile", kNoProcesses),
    not_needed("worker_reactor_timeout", kNoProcesses),
    not_needed("workerreactortimeout", kNoProcesses),
    not_needed("poll_method", "Not needed: the best one is used."),
    not_needed("mpath", "Not needed: modules are built in."),
    not_needed("dns", "Not needed: received= follows the source address."),
    not_needed("rev_dns", "Not needed: received= follows the source address."),
    not_needed("dns_try_naptr", "Without effect: names are looked up as addresses, without NAPTR and SRV."),
    not_needed("maxbuffer", "Not needed: receive buffers are sized by themselves."),
    not_needed("tcp_socket_backlog", "Not needed: the system's limit is used."),
    not_needed("tcp_threshold", "Not needed: sending never waits, and connecting is bounded by tcp_connect_timeout."),
    not_needed("tcpthreshold", "Not needed: sending never waits, and connecting is bounded by tcp_connect_timeout."),
    not_needed("mcast_loopback", kNoMulticast),
    not_needed("mcast_ttl", kNoMulticast),
    not_needed("log_stdout", "Not needed: standard output stays open."),
    not_needed("log_json_buf_size", kNoBuffer),
    not_needed("log_msg_buf_size", kNoBuffer),
    not_needed("xlog_buf_size", "Not needed: lines are bounded by pv_print_buf_size."),
    not_needed("shm_hash_split_percentage", kNoSharedMemory),
    not_needed("shm_secondary_hash_size", kNoSharedMemory),
    not_needed("shm_memlog_size", kNoSharedMemory),
    not_needed("mem_warming", kNoSharedMemory),
    not_needed("mem_warming_enabled", kNoSharedMemory),
    not_needed("mem_warming_percentage", kNoSharedMemory),
    not_needed("mem_warming_pattern_file", kNoSharedMemory),
    not_needed("mem-group", kNoSharedMemory),
    not_needed("memlog", kNoSharedMemory),
    not_needed("mem_log", kNoSharedMemory),
    not_needed("memdump", kNoSharedMemory),
    not_needed("mem_dump", kNoSharedMemory),
    not_needed("event_shm_threshold", kNoSharedMemory),
    not_needed("event_pkg_threshold", kNoSharedMemory),
    not_needed("restart_persistency_cache_file", kNoSharedMemory),
    not_needed("restart_persistency_size", kNoSharedMemory),
    not_needed("query_buffer_size", kWriteBack),
    not_needed("query_flush_time", kWriteBack),
    not_needed("pi_framework", "Without effect: there is no provisioning interface."),
});

}  // namespace carillon::core
