// SPDX-License-Identifier: Apache-2.0
// core: the declaration page.
#include <vector>

#include "modules/core/core.h"
#include "modules/core/transformations.h"
#include "modules/core/variables.h"

namespace carillon::core {
namespace {

using namespace module;

// A core parameter kept in CoreSettings.
template <auto Member>
constexpr ParameterDecl setting(std::string_view name, std::string_view documentation) {
  using Type = typename detail::MemberTraits<decltype(Member)>::Type;
  return {.name = name,
          .type = detail::parameter_type<Type>(),
          .documentation = documentation,
          .set =
              [](Module& module, const script::Value& value) {
                return detail::store(static_cast<Core&>(module).settings.*Member, value);
              },
          .show = [](const Module& module) { return detail::show(static_cast<const Core&>(module).settings.*Member); }};
}

constexpr ParameterDecl facility(std::string_view name, std::string_view documentation) {
  return {.name = name,
          .type = ParameterType::Text,
          .documentation = documentation,
          .set = [](Module& module, const script::Value& value) -> base::Result<> {
            const auto number = log::syslog_facility(value.as_text());
            if (!number) return base::fail("there is no such facility of syslog");
            static_cast<Core&>(module).settings.syslog_facility = *number;
            return {};
          },
          .show = [](const Module& /*module*/) { return std::string("LOG_DAEMON"); }};
}

// One of OpenSIPS's that means nothing here.
constexpr ParameterDecl not_needed(std::string_view name, std::string_view why) {
  return {.name = name,
          .type = ParameterType::Either,
          .documentation = why,
          .set = [](Module& /*module*/, const script::Value& /*value*/) { return base::Result<>(); }};
}

constexpr std::string_view kNoSharedMemory = "Not needed: memory grows and shrinks with use.";
constexpr std::string_view kNoProcesses = "Not needed: workers are threads and follow the load; see --workers.";

constexpr auto kParameters = std::to_array({
    setting<&CoreSettings::log_level>("log_level", "From -3 (alert) to 4 (debug)."),
    setting<&CoreSettings::xlog_level>("xlog_level", "Ceiling for xlog()."),
    setting<&CoreSettings::log_level>("debug", "2.x spelling of log_level."),
    setting<&CoreSettings::stderror_enabled>("stderror_enabled", "Log to standard error."),
    setting<&CoreSettings::stderror_enabled>("log_stderror", "Older spelling of stderror_enabled."),
    setting<&CoreSettings::syslog_enabled>("syslog_enabled", "Log to syslog."),
    setting<&CoreSettings::syslog_name>("syslog_name", "Name of the program in syslog."),
    facility("syslog_facility", "LOG_LOCAL0 and the like."),
    facility("log_facility", "Older spelling of syslog_facility."),
    setting<&CoreSettings::syslog_name>("log_name", "Older spelling of syslog_name."),
    setting<&CoreSettings::stderror_log_format>("stderror_log_format", "\"plain_text\" or \"json\"."),
    setting<&CoreSettings::udp_workers>("udp_workers", "Threads at most; 0: one a core."),
    setting<&CoreSettings::udp_workers>("children", "2.x spelling of udp_workers."),
    setting<&CoreSettings::tcp_max_connections>("tcp_max_connections", "Accepted stream connections."),
    setting<&CoreSettings::tcp_connect_timeout>("tcp_connect_timeout", "Milliseconds."),
    setting<&CoreSettings::tcp_connection_lifetime>("tcp_connection_lifetime", "Seconds without traffic."),
    setting<&CoreSettings::tcp_max_msg_time>("tcp_max_msg_time", "Seconds from the first to the last byte."),
    setting<&CoreSettings::tcp_accept_aliases>("tcp_accept_aliases", "0 never, 1 with ;alias (RFC 5923), 2 always."),
    setting<&CoreSettings::check_via>("check_via", "Drops replies whose top Via is not ours."),
    setting<&CoreSettings::check_proxy_require>(
        "check_proxy_require", "Answers 420 to a Proxy-Require that is neither known here nor removed by the script."),
    setting<&CoreSettings::disable_503_translation>("disable_503_translation", "Relays a 503 as 503, not as 500."),
    setting<&CoreSettings::disable_stateless_fwd>("disable_stateless_fwd",
                                                  "Drops replies that belong to no transaction."),
    setting<&CoreSettings::server_signature>("server_signature", "Adds Server to our own replies."),
    setting<&CoreSettings::server_header>("server_header", "The Server header, with its name."),
    setting<&CoreSettings::user_agent_header>("user_agent_header", "The User-Agent header, with its name."),
    setting<&CoreSettings::advertised_address>("advertised_address", "Host written into Via and Record-Route."),
    setting<&CoreSettings::advertised_port>("advertised_port", "Port written into Via and Record-Route."),
    setting<&CoreSettings::db_default_url>("db_default_url", "Database of modules without a db_url."),
    setting<&CoreSettings::auto_aliases>("auto_aliases", "Adds the DNS names of the sockets as aliases."),
    setting<&CoreSettings::max_message_size>("max_message_size", "Bytes of one message; a larger one gets 413."),
    setting<&CoreSettings::max_header_lines>("max_header_lines", "Headers of one message; more get 400."),
    setting<&CoreSettings::max_header_size>("max_header_size", "Bytes of one header with its folds; more get 400."),
    setting<&CoreSettings::max_uri_size>("max_uri_size", "Bytes of the Request-URI; a longer one gets 414."),
    setting<&CoreSettings::max_while_loops>("max_while_loops", "Turns of one loop."),
    setting<&CoreSettings::pv_print_buf_size>("pv_print_buf_size", "Bytes of one expanded text."),
    not_needed("tcp_workers", kNoProcesses),
    not_needed("tcp_children", kNoProcesses),
    not_needed("tcp_threads", kNoProcesses),
    not_needed("timer_workers", kNoProcesses),
    not_needed("auto_scaling_cycle", kNoProcesses),
    not_needed("fork", "Not needed: the server stays in the foreground unless it is told otherwise."),
    not_needed("debug_mode", "Not needed: use --log-level 4."),
    not_needed("enable_asserts", "Read by the compiler."),
    not_needed("abort_on_assert", "Not needed: a failed assertion never ends the server."),
    not_needed("mpath", "Not needed: modules are built in."),
    not_needed("mhomed", "Not needed: the socket is chosen by protocol and family."),
    not_needed("tos", "Not supported yet as a global; give it with the socket."),
    not_needed("dns", "Not needed: received= follows the source address."),
    not_needed("rev_dns", "Not needed: received= follows the source address."),
    not_needed("dns_try_ipv6", "Not needed: the system's resolver decides."),
    not_needed("dns_try_naptr", "Not needed: the system's resolver decides."),
    not_needed("disable_dns_failover", "Not needed: the system's resolver decides."),
    not_needed("disable_dns_blacklist", "Not needed."),
    not_needed("shm_hash_split_percentage", kNoSharedMemory),
    not_needed("shm_secondary_hash_size", kNoSharedMemory),
    not_needed("shm_memlog_size", kNoSharedMemory),
    not_needed("mem_warming", kNoSharedMemory),
    not_needed("mem_warming_percentage", kNoSharedMemory),
    not_needed("mem_warming_pattern_file", kNoSharedMemory),
    not_needed("memlog", kNoSharedMemory),
    not_needed("mem_log", kNoSharedMemory),
    not_needed("memdump", kNoSharedMemory),
    not_needed("mem_dump", kNoSharedMemory),
    not_needed("event_shm_threshold", kNoSharedMemory),
    not_needed("event_pkg_threshold", kNoSharedMemory),
    not_needed("restart_persistency_cache_file", kNoSharedMemory),
    not_needed("restart_persistency_size", kNoSharedMemory),
    not_needed("maxbuffer", "Not needed: receive buffers are sized by themselves."),
    not_needed("poll_method", "Not needed."),
    not_needed("open_files_limit", "Not needed: the limit of the process is raised as far as it goes."),
    not_needed("disable_core_dump", "Not needed: use the service manager."),
    not_needed("log_prefix", "Not needed."),
    not_needed("log_stdout", "Not needed."),
    not_needed("xlog_buf_size", "Not needed: lines are bounded by pv_print_buf_size."),
    not_needed("xlog_force_color", "Not needed."),
    not_needed("xlog_print_level", "Read by the compiler."),
    not_needed("sip_warning", "Not needed."),
    not_needed("tcp_socket_backlog", "Not needed: the system's limit is used."),
    not_needed("tcp_keepalive", "Not needed: always on."),
    not_needed("tcp_keepcount", "Not needed: the system's default is used."),
    not_needed("tcp_keepidle", "Not needed: the system's default is used."),
    not_needed("tcp_keepinterval", "Not needed: the system's default is used."),
    not_needed("disable_tcp", "Older: sockets say which protocols are used."),
    not_needed("db_version_table", "Not needed."),
    not_needed("db_max_async_connections", "Not needed: pools size themselves."),
    not_needed("exec_msg_threshold", "Not needed."),
    not_needed("exec_dns_threshold", "Not needed."),
    not_needed("tcp_threshold", "Not needed."),
    not_needed("wdir", "Use -w."),
    not_needed("workdir", "Use -w."),
    not_needed("chroot", "Use -t."),
    not_needed("max_script_steps", "Instructions of one run of the script; read by the compiler."),
    not_needed("max_script_time", "Milliseconds of the processor for one run of the script; read by the compiler."),
    not_needed("auto_scaling_profile", kNoProcesses),
    not_needed("worker_reactor_timeout", kNoProcesses),
    not_needed("workerreactortimeout", kNoProcesses),
    not_needed("mem_warming_enabled", kNoSharedMemory),
    not_needed("mem-group", kNoSharedMemory),
    not_needed("log_event_enabled", "Not needed: log lines go to the log."),
    not_needed("stderror_level_filter", "Not needed: log_level holds."),
    not_needed("syslog_level_filter", "Not needed: log_level holds."),
    not_needed("log_event_level_filter", "Not needed: log_level holds."),
    not_needed("syslog_log_format", "Not needed: use --log-format."),
    not_needed("log_json_buf_size", "Not needed: lines are as long as they are."),
    not_needed("log_msg_buf_size", "Not needed: lines are as long as they are."),
    setting<&CoreSettings::syslog_name>("log_name", "Older spelling of syslog_name."),
    not_needed("mcast_loopback", "Not supported: no multicast."),
    not_needed("mcast_ttl", "Not supported: no multicast."),
    not_needed("dns_use_search_list", "Not needed: the system's resolver decides."),
    not_needed("dns_retr_time", "Not needed: the system's resolver decides."),
    not_needed("dns_retr_no", "Not needed: the system's resolver decides."),
    not_needed("dns_servers_no", "Not needed: the system's resolver decides."),
    not_needed("query_buffer_size", "Not needed: modules that write much have write-back modes."),
    not_needed("query_flush_time", "Not needed: modules that write much have write-back modes."),
    not_needed("execmsgthreshold", "Not needed."),
    not_needed("execdnsthreshold", "Not needed."),
    not_needed("tcpthreshold", "Not needed."),
    not_needed("tcp_no_new_conn_bflag", "Not supported yet: a connection is always opened."),
    not_needed("tcp_no_new_conn_rplflag", "Not supported yet: a connection is always opened."),
    not_needed("dst_blacklist", "Not supported yet: no destination is blacklisted."),
    not_needed("pi_framework", "Not supported: there is no provisioning interface."),
    not_needed("disable_tls", "Older: sockets say which protocols are used."),
    not_needed("disable_dns_cache", "Not needed."),
    not_needed("reply_to_via", "Older: replies follow RFC 3261 section 18.2.2 and RFC 3581."),
    not_needed("sip_tos", "Not supported as a global; give it with the socket."),
    not_needed("tcp_send_timeout", "Not needed: sending never blocks."),
    not_needed("tcp_async", "Not needed: connecting and sending never block."),
    not_needed("tcp_max_msg_chunks", "Not needed: tcp_max_msg_time bounds slow senders."),
});

constexpr auto kFunctions = std::to_array({
    function<&Core::forward>("forward", {"destination"}, kAnyRoute, "Sends the request on without a transaction."),
    function<&Core::send>("send", {"destination", "headers"}, kAnyRoute,
                          "Sends the message as received, with headers added."),
    function<&Core::force_send_socket>("force_send_socket", {"socket"}, kAnyRoute, "Chooses the socket to send from."),
    function<&Core::set_advertised_address>("set_advertised_address", {"address"}, kAnyRoute,
                                            "Host for the Via and Record-Route of this message."),
    function<&Core::set_advertised_port>("set_advertised_port", {"port"}, kAnyRoute,
                                         "Port for the Via and Record-Route of this message."),
    function<&Core::force_rport>("force_rport", kAnyRoute, "Answers to the source port, asked or not (RFC 3581)."),
    function<&Core::add_local_rport>("add_local_rport", kAnyRoute, "Asks for rport in our own Via."),
    function<&Core::force_tcp_alias>("force_tcp_alias", {"port"}, kAnyRoute,
                                     "Uses this connection for what goes to its peer (RFC 5923)."),
    function<&Core::set_via_handling>("set_via_handling", {"flags"}, kAnyRoute,
                                      "force-rport, add-local-rport, force-tcp-alias, reply-to-via."),
    function<&Core::is_myself>("is_myself", {"host", "port"}, kAnyRoute, "Whether a host is one of ours."),
    function<&Core::setflag>("setflag", {"flag"}, kAnyRoute, "Sets a message flag."),
    function<&Core::resetflag>("resetflag", {"flag"}, kAnyRoute, "Clears a message flag."),
    function<&Core::isflagset>("isflagset", {"flag"}, kAnyRoute, "Whether a message flag is set."),
    function<&Core::setbflag>("setbflag", {"flag", "branch"}, kAnyRoute, "Sets a branch flag."),
    function<&Core::resetbflag>("resetbflag", {"flag", "branch"}, kAnyRoute, "Clears a branch flag."),
    function<&Core::isbflagset>("isbflagset", {"flag", "branch"}, kAnyRoute, "Whether a branch flag is set."),
    function<&Core::seturi>("seturi", {"uri"}, kAnyRoute, "Replaces the Request-URI."),
    function<&Core::sethost>("sethost", {"host"}, kAnyRoute, "Replaces the host of the Request-URI."),
    function<&Core::sethostport>("sethostport", {"host_port"}, kAnyRoute, "Replaces host and port."),
    function<&Core::setport>("setport", {"port"}, kAnyRoute, "Replaces the port."),
    function<&Core::setuser>("setuser", {"user"}, kAnyRoute, "Replaces the user."),
    function<&Core::setuserpass>("setuserpass", {"user_password"}, kAnyRoute, "Replaces user and password."),
    function<&Core::prefix>("prefix", {"text"}, kAnyRoute, "Puts text in front of the user."),
    function<&Core::strip>("strip", {"count"}, kAnyRoute, "Removes characters from the start of the user."),
    function<&Core::strip_tail>("strip_tail", {"count"}, kAnyRoute, "Removes characters from the end of the user."),
    function<&Core::revert_uri>("revert_uri", kAnyRoute, "Takes the Request-URI as received."),
    function<&Core::setdsturi>("setdsturi", {"uri"}, kAnyRoute, "Sets the next hop."),
    function<&Core::resetdsturi>("resetdsturi", kAnyRoute, "Forgets the next hop."),
    function<&Core::isdsturiset>("isdsturiset", kAnyRoute, "Whether there is a next hop."),
    function<&Core::append_msg_branch>("append_msg_branch", {"uri", "q", "flags"}, kAnyRoute, "Adds a branch."),
    function<&Core::append_branch_old>("append_branch_old", {"uri", "q"}, kAnyRoute,
                                       "Adds a branch as OpenSIPS 3 did: without a URI a copy of the current one."),
    function<&Core::append_branch_old>("append_branch", {"uri", "q"}, kAnyRoute,
                                       "3.x spelling of append_branch_old()."),
    function<&Core::remove_msg_branch>("remove_msg_branch", {"index"}, kAnyRoute,
                                       "Removes an additional branch, counted from 0."),
    function<&Core::remove_msg_branch>("remove_branch", {"index"}, kAnyRoute, "3.x spelling of remove_msg_branch()."),
    function<&Core::move_msg_branch>("move_msg_branch", {"from", "to", "flags"}, kAnyRoute,
                                     "Puts a branch in the place of another; with \"keep\" it stays where it was too."),
    function<&Core::move_msg_branch>("move_branch", {"from", "to", "flags"}, kAnyRoute,
                                     "3.x spelling of move_msg_branch()."),
    function<&Core::swap_msg_branches>("swap_msg_branches", {"first", "second"}, kAnyRoute,
                                       "Exchanges two branches; none or below 0: the Request-URI."),
    function<&Core::swap_msg_branches>("swap_branches", {"first", "second"}, kAnyRoute,
                                       "3.x spelling of swap_msg_branches()."),
    function<&Core::serialize_branches>("serialize_branches", {"clear", "keep_order"}, kAnyRoute,
                                        "Sorts the branches by q into groups for next_branches()."),
    function<&Core::next_branches>("next_branches", kAnyRoute,
                                   "Takes the next group: 1 more are left, 2 it was the last, -1 none."),
    function<&Core::raise_event>("raise_event", {"event", "names", "values"}, kAnyRoute,
                                 "Raises an event; its parameters are the values of two AVPs, which lose them."),
    function<&Core::subscribe_event>("subscribe_event", {"event", "socket", "expires"}, kAnyRoute,
                                     "Subscribes a socket to an event, for an hour or so many seconds."),
    function<&Core::pv_printf>("pv_printf", {"variable", "text"}, kAnyRoute, "Expands a text into a variable."),
    function<&Core::get_timestamp>("get_timestamp", {"seconds", "microseconds"}, kAnyRoute, "Reads the clock."),
    function<&Core::avp_print>("avp_print", kAnyRoute, "Writes all AVPs to the log."),
    function<&Core::cache_store>("cache_store", {"id", "key", "value", "seconds"}, kAnyRoute,
                                 "Stores a value, for some seconds or for good."),
    function<&Core::cache_remove>("cache_remove", {"id", "key"}, kAnyRoute,
                                  "Removes a value; true also when there was none."),
    function<&Core::cache_fetch>("cache_fetch", {"id", "key", "variable"}, kAnyRoute,
                                 "Reads a value; -2: there is none, -1: the store failed."),
    function<&Core::cache_counter_fetch>("cache_counter_fetch", {"id", "key", "variable"}, kAnyRoute,
                                         "Reads a number; -2: there is none, -1: it is no number or the store failed."),
    function<&Core::cache_add>("cache_add", {"id", "key", "amount", "seconds", "sum"}, kAnyRoute,
                               "Adds to a number that is 0 at first, atomically; seconds 0: for good."),
    function<&Core::cache_sub>("cache_sub", {"id", "key", "amount", "seconds", "sum"}, kAnyRoute,
                               "Subtracts from a number that is 0 at first, atomically; seconds 0: for good."),
    function<&Core::cache_raw_query>("cache_raw_query", {"id", "query", "avps"}, kAnyRoute,
                                     "A query in the store's own language, its rows into AVPs; -2: no rows."),
});

// The rows of the themes, one behind the other.
std::span<const VariableDecl> variables() {
  static const std::vector<VariableDecl> all = [] {
    std::vector<VariableDecl> rows;
    for (const auto theme : {kUriVariables, kMessageVariables, kSocketVariables, kBranchVariables, kCredentialVariables,
                             kStateVariables}) {
      rows.insert(rows.end(), theme.begin(), theme.end());
    }
    return rows;
  }();
  return all;
}

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "core",
    .documentation = "Core functions, variables and parameters of the routing language.",
    .parameters = kParameters,
    .functions = kFunctions,
    .variables = variables(),
    .transformations = kTransformations,
    .create = &create<Core>,
};

}  // namespace carillon::core
