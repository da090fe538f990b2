// SPDX-License-Identifier: Apache-2.0
// core: the declaration page.
#include <vector>

#include "modules/core/core.h"
#include "modules/core/parameters.h"
#include "modules/core/transformations.h"
#include "modules/core/variables.h"

namespace carillon::core {
namespace {

using namespace module;

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
    function<&Core::tcp_close_conn>("tcp_close_conn", {"connection"}, kAnyRoute,
                                    "Closes a connection, by its number or by [proto:]ip:port of its peer."),
    function<&Core::socket_belongs_to_bond>("socket_belongs_to_bond", {"socket", "bond"}, kAnyRoute,
                                            "Whether a socket is a member of a bond."),
    function<&Core::is_myself>("is_myself", {"host", "port"}, kAnyRoute, "Whether a host is one of ours."),
    function<&Core::setflag>("setflag", {"flag"}, kAnyRoute, "Sets a message flag."),
    function<&Core::resetflag>("resetflag", {"flag"}, kAnyRoute, "Clears a message flag."),
    function<&Core::isflagset>("isflagset", {"flag"}, kAnyRoute, "Whether a message flag is set."),
    function<&Core::setbflag>("setbflag", {"flag", "branch"}, kAnyRoute, "Sets a branch flag."),
    function<&Core::resetbflag>("resetbflag", {"flag", "branch"}, kAnyRoute, "Clears a branch flag."),
    function<&Core::isbflagset>("isbflagset", {"flag", "branch"}, kAnyRoute, "Whether a branch flag is set."),
    function<&Core::seturi>("seturi", {"uri"}, kAnyRoute, "Replaces the Request-URI."),
    older("seturi()", function<&Core::seturi>("rewriteuri", {"uri"}, kAnyRoute, "Older spelling of seturi().")),
    function<&Core::sethost>("sethost", {"host"}, kAnyRoute, "Replaces the host of the Request-URI."),
    older("sethost()", function<&Core::sethost>("rewritehost", {"host"}, kAnyRoute, "Older spelling of sethost().")),
    function<&Core::sethostport>("sethostport", {"host_port"}, kAnyRoute, "Replaces host and port."),
    older("sethostport()", function<&Core::sethostport>("rewritehostport", {"host_port"}, kAnyRoute,
                                                        "Older spelling of sethostport().")),
    function<&Core::setport>("setport", {"port"}, kAnyRoute, "Replaces the port."),
    older("setport()", function<&Core::setport>("rewriteport", {"port"}, kAnyRoute, "Older spelling of setport().")),
    function<&Core::setuser>("setuser", {"user"}, kAnyRoute, "Replaces the user."),
    older("setuser()", function<&Core::setuser>("rewriteuser", {"user"}, kAnyRoute, "Older spelling of setuser().")),
    function<&Core::setuserpass>("setuserpass", {"user_password"}, kAnyRoute, "Replaces user and password."),
    older("setuserpass()", function<&Core::setuserpass>("rewriteuserpass", {"user_password"}, kAnyRoute,
                                                        "Older spelling of setuserpass().")),
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
    older("append_msg_branch(uri, q, flags), or append_branch_old()",
          function<&Core::append_branch_old>("append_branch", {"uri", "q"}, kAnyRoute,
                                             "3.x spelling of append_branch_old().")),
    function<&Core::remove_msg_branch>("remove_msg_branch", {"index"}, kAnyRoute,
                                       "Removes an additional branch, counted from 0."),
    older("remove_msg_branch()", function<&Core::remove_msg_branch>("remove_branch", {"index"}, kAnyRoute,
                                                                    "3.x spelling of remove_msg_branch().")),
    function<&Core::move_msg_branch>("move_msg_branch", {"from", "to", "flags"}, kAnyRoute,
                                     "Puts a branch in the place of another; with \"keep\" it stays where it was too."),
    older("move_msg_branch()", function<&Core::move_msg_branch>("move_branch", {"from", "to", "flags"}, kAnyRoute,
                                                                "3.x spelling of move_msg_branch().")),
    function<&Core::swap_msg_branches>("swap_msg_branches", {"first", "second"}, kAnyRoute,
                                       "Exchanges two branches; none or below 0: the Request-URI."),
    older("swap_msg_branches()", function<&Core::swap_msg_branches>("swap_branches", {"first", "second"}, kAnyRoute,
                                                                    "3.x spelling of swap_msg_branches().")),
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
    function<&Core::construct_uri>("construct_uri", {"scheme", "user", "host", "port", "params", "result"}, kAnyRoute,
                                   "Makes a URI of its parts."),
    function<&Core::script_trace>("script_trace", {"level", "text", "tag"}, kAnyRoute,
                                  "Logs every statement from here to the end of the run, with a text expanded at each; "
                                  "without arguments: no more."),
    function<&Core::sr_check_status>("sr_check_status", {"group", "identifier"}, kAnyRoute,
                                     "Whether what a status-report group or identifier stands for is ready."),
    function<&Core::use_blacklist>("use_blacklist", {"list"}, kAnyRoute,
                                   "Nothing of this message is sent to what is on the list."),
    function<&Core::unuse_blacklist>("unuse_blacklist", {"list"}, kAnyRoute, "Undoes use_blacklist()."),
    function<&Core::check_blacklist_rule>("check_blacklist_rule", {"list", "ip", "port", "proto", "pattern"}, kAnyRoute,
                                          "Whether a destination is on a list; without one: on those in use."),
    function<&Core::add_blacklist_rule>("add_blacklist_rule", {"list", "ip", "port", "proto", "pattern", "expires"},
                                        kAnyRoute, "Puts a destination on a list, for good or so many seconds."),
    function<&Core::del_blacklist_rule>("del_blacklist_rule", {"list", "ip", "port", "proto", "pattern"}, kAnyRoute,
                                        "Takes a destination off a list."),
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

constexpr auto kCommands = std::to_array({
    command<&Core::list_blacklists>({.name = "blacklists:list",
                                     .aliases = "list_blacklists",
                                     .recipes = " | name",
                                     .help = "The lists of destinations that nothing is sent to.",
                                     .result = "[{name, owner, flags, Rules: [{IP, Proto, Port, Match, Flags}]}]"}),
    command<&Core::check_all_blacklists>(
        {.name = "blacklists:check_all",
         .aliases = "check_blacklists",
         .recipes = "ip | ip,port | proto,ip | proto,ip,port | ip,port,pattern | proto,ip,port,pattern | ip,pattern | "
                    "proto,ip,pattern",
         .help = "The lists that a destination is on.",
         .result = "[name]"}),
    command<&Core::check_blacklist>(
        {.name = "blacklists:check",
         .aliases = "check_blacklist",
         .recipes = "name,ip | name,ip,port | name,proto,ip | name,proto,ip,port | name,ip,port,pattern | "
                    "name,proto,ip,port,pattern | name,ip,pattern | name,proto,ip,pattern",
         .help = "The rule of a list that a destination meets.",
         .result = "{IP, Proto, Port, Match, Flags}"}),
    command<&Core::add_rule>({.name = "blacklists:add_rule",
                              .aliases = "add_blacklist_rule",
                              .recipes = "name,rule | name,rule,expire",
                              .help = "Adds a rule, [!]proto,net,port,pattern, to a list.",
                              .result = "\"OK\""}),
    command<&Core::delete_rule>({.name = "blacklists:del_rule",
                                 .aliases = "del_blacklist_rule",
                                 .recipes = "name,rule",
                                 .help = "Takes a rule off a list.",
                                 .result = "\"OK\""}),
});

constexpr auto kEvents = std::to_array<EventDecl>({
    {"E_CORE_LOG", "time,pid,level,module,function,prefix,message", "A line of the log (log_event_enabled)."},
    {"E_CORE_THRESHOLD", "source,time,extra", "Something took longer than exec_msg_threshold or exec_dns_threshold."},
    {"E_CORE_SR_STATUS_CHANGED", "group,identifier,status,details,old_status",
     "Something became ready, or is no more."},
});

// The rows of the themes, one behind the other.
std::span<const VariableDecl> variables() {
  static const std::vector<VariableDecl> all = [] {
    std::vector<VariableDecl> rows;
    for (const auto theme : {kUriVariables, kMessageVariables, kBodyVariables, kSdpVariables, kSocketVariables,
                             kBranchVariables, kCredentialVariables, kStateVariables}) {
      rows.insert(rows.end(), theme.begin(), theme.end());
    }
    return rows;
  }();
  return all;
}

std::span<const script::TransformationDecl> transformations() {
  static const std::vector<script::TransformationDecl> all = [] {
    std::vector<script::TransformationDecl> rows(kTransformations.begin(), kTransformations.end());
    rows.insert(rows.end(), kSdpTransformations.begin(), kSdpTransformations.end());
    return rows;
  }();
  return all;
}

constexpr auto kAvps = std::to_array<std::string_view>({"serial_branch"});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "core",
    .documentation = "Core functions, variables and parameters of the routing language.",
    .parameters = kParameters,
    .functions = kFunctions,
    .variables = variables(),
    .transformations = transformations(),
    .commands = kCommands,
    .events = kEvents,
    .avps = kAvps,
    .create = &create<Core>,
};

}  // namespace carillon::core
