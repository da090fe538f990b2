// SPDX-License-Identifier: Apache-2.0
// tm: the declaration page.
#include "modules/tm/tm.h"

namespace carillon::tm {
namespace {

using namespace module;

constexpr auto kParameters = std::to_array({
    parameter<&Tm::fr_timeout>("fr_timeout",
                               "Seconds without a final response (to an INVITE: without any). Timer B, F."),
    parameter<&Tm::fr_inv_timeout>("fr_inv_timeout", "Seconds an INVITE may ring. Timer C."),
    parameter<&Tm::wt_timer>("wt_timer", "Seconds a finished transaction absorbs retransmissions. Timers I and K."),
    parameter<&Tm::delete_timer>("delete_timer", "Accepted; memory goes back when the last state ends."),
    parameter<&Tm::t1_timer>("T1_timer", "Milliseconds to the first retransmission."),
    parameter<&Tm::t2_timer>("T2_timer", "Milliseconds between retransmissions at most."),
    parameter<&Tm::ruri_matching>("ruri_matching", "Accepted; matching is that of RFC 3261 section 17.2.3."),
    parameter<&Tm::via1_matching>("via1_matching", "Accepted; matching is that of RFC 3261 section 17.2.3."),
    parameter<&Tm::unix_tx_timeout>("unix_tx_timeout", "Accepted; nothing waits for a UNIX socket."),
    parameter<&Tm::restart_fr_on_each_reply>("restart_fr_on_each_reply",
                                             "Each provisional response starts fr_inv_timeout again."),
    parameter<&Tm::enable_stats>("enable_stats", "Accepted; the statistics cost nothing and are always kept."),
    parameter<&Tm::pass_provisional_replies>("pass_provisional_replies", "Accepted; modules always see them."),
    parameter<&Tm::syn_branch>("syn_branch", "Accepted; branches are always random."),
    parameter<&Tm::onreply_avp_mode>("onreply_avp_mode", "onreply_routes see and change the transaction's AVPs."),
    parameter<&Tm::disable_6xx_block>("disable_6xx_block", "A 6xx does not end serial forking."),
    parameter<&Tm::minor_branch_flag>(
        "minor_branch_flag", "A branch flag: when all branches without it have failed, those with it end too."),
    parameter<&Tm::timer_partitions>("timer_partitions", "Accepted; every shard has a timing wheel."),
    parameter<&Tm::auto_100trying>("auto_100trying", "Answers 100 to an INVITE as soon as it has a transaction."),
    parameter<&Tm::max_transactions>("max_transactions", "Live server transactions of the process; beyond it 503."),
});

constexpr auto kFunctions = std::to_array({
    function<&Tm::t_newtran>("t_newtran", kRequest, "Makes the transaction now; an INVITE is answered 100."),
    function<&Tm::t_reply>("t_reply", {"code", "reason"}, kRequest | kFailure, "Answers by the transaction."),
    function<&Tm::t_reply_with_body>("t_reply_with_body", {"code", "reason", "body"}, kRequest | kFailure,
                                     "Answers with a body; its type comes from append_to_reply()."),
    also_in_order(&OutboundProxy::stands_first,
                  function<&Tm::t_relay>("t_relay", {"flags", "outbound_proxy"}, kRequest | kFailure,
                                         "Sends the request to its destinations and follows it; the codes are those of "
                                         "OpenSIPS.")),
    function<&Tm::t_on_failure>("t_on_failure", {"failure_route"}, kAnyRoute, "Arms a failure_route, once."),
    function<&Tm::t_on_reply>("t_on_reply", {"reply_route"}, kAnyRoute,
                              "Arms an onreply_route: of the branch in a branch_route, else of the transaction."),
    function<&Tm::t_on_branch>("t_on_branch", {"branch_route"}, kRequest | kFailure | kReply | kBranch,
                               "Arms a branch_route."),
    function<&Tm::t_check_status>("t_check_status", {"pattern"}, kRequest | kFailure | kReply | kBranch,
                                  "Whether the status that matters in this route matches."),
    function<&Tm::t_check_trans>("t_check_trans", kRequest | kBranch,
                                 "CANCEL: whether its INVITE is known. Retransmissions never reach the script."),
    function<&Tm::t_was_cancelled>("t_was_cancelled", kRequest | kFailure | kReply | kBranch,
                                   "Whether the caller cancelled."),
    function<&Tm::t_cancel_branch>("t_cancel_branch", {"flags"}, kReply,
                                   "Cancels this branch, \"a\" all, \"o\" the others."),
    function<&Tm::t_local_replied>(
        "t_local_replied", {"which"}, kRequest | kFailure | kReply | kBranch,
        "Whether nothing was received: on \"all\" branches, of the last set (\"branch\"), or the \"last\" reply."),
    function<&Tm::t_flush_flags>("t_flush_flags", kRequest | kBranch, "Copies the message flags to the transaction."),
    function<&Tm::t_add_hdrs>("t_add_hdrs", {"headers"}, kRequest, "Headers for every request of this transaction."),
    function<&Tm::t_add_cancel_reason>("t_add_cancel_reason", {"header"}, kRequest,
                                       "A Reason header for the CANCELs this CANCEL leads to."),
    function<&Tm::t_wait_for_new_branches>("t_wait_for_new_branches", {"branches"}, kRequest,
                                           "Keeps the transaction open for so many branches to be injected (without a "
                                           "number: any), for fr_inv_timeout at most."),
    function<&Tm::t_wait_no_more_branches>("t_wait_no_more_branches", kRequest | kFailure | kReply | kBranch | kLocal,
                                           "Ends the wait for new branches."),
    function<&Tm::t_inject_branches>(
        "t_inject_branches", {"source", "flags"}, kRequest | kReply,
        "Adds branches to the running transaction: those of the message (\"msg\"), or of "
        "a registration in AVPs (\"event\"). \"cancel\" ends the others, \"last\" the wait."),
    function<&Tm::t_get_branch_idx_by_attr>(
        "t_get_branch_idx_by_attr", {"attr", "val_str", "val_int", "result", "offset"}, kFailure | kReply | kBranch,
        "The index of the first branch, from `offset` on, that has an attribute: any value, that text or that number."),
    function<&Tm::t_replicate>("t_replicate", {"uri", "flags"}, kRequest | kFailure,
                               "Sends the request to another place too; what is answered there interests nobody."),
    function<&Tm::t_new_request>("t_new_request", {"method", "ruri", "from", "to", "body", "ctx"}, kAnyRoute,
                                 "Sends a request of its own, not INVITE; body: its type, a space, the text; ctx is "
                                 "$avp(uac_ctx) in the local_route."),
    function<&Tm::t_reply_by_callid>(
        "t_reply_by_callid", {"code", "reason", "callid", "cseq"}, kRequest,
        "Answers the INVITE with this Call-ID and CSeq; without them, those of this request."),
});

constexpr VariableTraits kBranchIndex{.indexable = true};
constexpr VariableTraits kNamedBranch{.sub_name = script::SubName::Required, .indexable = true};

constexpr auto kVariables = std::to_array({
    variable<&Tm::branch_index>("T_branch_idx", "Number of the branch, from 0; NULL where there is none."),
    variable<&Tm::reply_code>("T_reply_code", "The status that t_check_status() looks at."),
    variable<&Tm::request_uri>("T_ruri", "The Request-URI the transaction was made with."),
    variable<&Tm::transaction_id>("T_id", "Names the transaction."),
    variable<&Tm::branch_status>("T_branch_last_reply_code", "Last status of a branch.", kBranchIndex),
    variable<&Tm::branch_uri>("tm.branch.uri", "Request-URI of a branch.", kBranchIndex),
    variable<&Tm::branch_destination>("tm.branch.duri", "Next hop of a branch.", kBranchIndex),
    variable<&Tm::branch_path>("tm.branch.path", "Path of a branch.", kBranchIndex),
    variable<&Tm::branch_q>("tm.branch.q", "q of a branch, in thousandths.", kBranchIndex),
    variable<&Tm::branch_flags>("tm.branch.flags", "Names of the flags of a branch.", kBranchIndex),
    variable<&Tm::branch_socket>("tm.branch.socket", "The socket forced for a branch.", kBranchIndex),
    variable<&Tm::branch_status>("tm.branch.last_received", "Last status of a branch.", kBranchIndex),
    variable<&Tm::branch_type>("tm.branch.type", "\"phony\": stands for branches to come; else \"sip\".", kBranchIndex),
    variable<&Tm::read_branch_flag, &Tm::write_branch_flag>("tm.branch.flag", "A flag of a branch.", kNamedBranch),
    variable<&Tm::read_branch_attribute, &Tm::write_branch_attribute>(
        "tm.branch.attr", "A named value of a branch, from $msg.branch.attr on.", kNamedBranch),
    variable<&Tm::read_branch_avp, &Tm::write_branch_avp>("bavp", "An AVP of the branch this route runs for.",
                                                          kNamedBranch),
    variable<&Tm::read_fr_timeout, &Tm::write_fr_timeout>("T_fr_timeout", "fr_timeout of this transaction, seconds."),
    variable<&Tm::read_fr_inv_timeout, &Tm::write_fr_inv_timeout>("T_fr_inv_timeout",
                                                                  "fr_inv_timeout of this transaction, seconds."),
});

constexpr auto kCommands = std::to_array({
    command<&Tm::uac_dlg>({.name = "tm:uac_dlg",
                           .aliases = "t_uac_dlg",
                           .recipes = "method,ruri,headers | method,ruri,headers,body | method,ruri,next_hop,headers | "
                                      "method,ruri,socket,headers | method,ruri,next_hop,socket,headers | "
                                      "method,ruri,next_hop,headers,body | method,ruri,socket,headers,body | "
                                      "method,ruri,next_hop,socket,headers,body",
                           .help = "Sends a request outside of any dialog and waits for its final answer.",
                           .result = "{Status, Message}",
                           .named_only = true}),
    command<&Tm::reply>({.name = "tm:reply",
                         .aliases = "t_reply",
                         .recipes = "code,reason,trans_id | code,reason,trans_id,to_tag | "
                                    "code,reason,trans_id,to_tag,new_headers | code,reason,trans_id,new_headers | "
                                    "code,reason,trans_id,to_tag,new_headers,body",
                         .help = "Answers a request that waits for an answer; trans_id is what $T_id was.",
                         .result = "\"OK\"",
                         .named_only = true}),
    command<&Tm::uac_cancel>({.name = "tm:uac_cancel",
                              .aliases = "t_uac_cancel",
                              .recipes = "callid,cseq",
                              .help = "Cancels the branches of the INVITE with this Call-ID and CSeq.",
                              .result = "\"OK\""}),
});

constexpr auto kAvps = std::to_array<std::string_view>({"uac_ctx"});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "tm",
    .documentation = "Stateful processing: relaying, forking, failure routes.",
    .parameters = kParameters,
    .functions = kFunctions,
    .variables = kVariables,
    .commands = kCommands,
    .avps = kAvps,
    .create = &create<Tm>,
};

}  // namespace carillon::tm
