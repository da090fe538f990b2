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
    parameter<&Tm::timer_partitions>("timer_partitions", "Accepted; every shard has a timing wheel."),
    parameter<&Tm::auto_100trying>("auto_100trying", "Answers 100 to an INVITE as soon as it has a transaction."),
    parameter<&Tm::max_transactions>("max_transactions", "Live server transactions of the process; beyond it 503."),
});

constexpr auto kFunctions = std::to_array({
    function<&Tm::t_newtran>("t_newtran", kRequest, "Makes the transaction now; an INVITE is answered 100."),
    function<&Tm::t_reply>("t_reply", {"code", "reason"}, kRequest | kFailure, "Answers by the transaction."),
    function<&Tm::t_reply_with_body>("t_reply_with_body", {"code", "reason", "body"}, kRequest | kFailure,
                                     "Answers with a body; its type comes from append_to_reply()."),
    function<&Tm::t_relay>("t_relay", {"flags", "outbound_proxy"}, kRequest | kFailure,
                           "Sends the request to its destinations and follows it; the codes are those of OpenSIPS."),
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
    function<&Tm::t_local_replied>("t_local_replied", {"which"}, kRequest | kFailure | kReply | kBranch,
                                   "\"all\" or \"last\": whether replies were made here."),
    function<&Tm::t_flush_flags>("t_flush_flags", kRequest | kBranch, "Copies the message flags to the transaction."),
    function<&Tm::t_add_hdrs>("t_add_hdrs", {"headers"}, kRequest, "Headers for every request of this transaction."),
    function<&Tm::t_add_cancel_reason>("t_add_cancel_reason", {"header"}, kRequest,
                                       "A Reason header for the CANCELs this CANCEL leads to."),
});

constexpr auto kVariables = std::to_array({
    variable<&Tm::branch_index>("T_branch_idx", "Number of the branch, from 0; NULL where there is none."),
    variable<&Tm::reply_code>("T_reply_code", "The status that t_check_status() looks at."),
    variable<&Tm::request_uri>("T_ruri", "The Request-URI the transaction was made with."),
    variable<&Tm::transaction_id>("T_id", "Names the transaction."),
    variable<&Tm::read_fr_timeout, &Tm::write_fr_timeout>("T_fr_timeout", "fr_timeout of this transaction, seconds."),
    variable<&Tm::read_fr_inv_timeout, &Tm::write_fr_inv_timeout>("T_fr_inv_timeout",
                                                                  "fr_inv_timeout of this transaction, seconds."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "tm",
    .documentation = "Stateful processing: relaying, forking, failure routes.",
    .parameters = kParameters,
    .functions = kFunctions,
    .variables = kVariables,
    .create = &create<Tm>,
};

}  // namespace carillon::tm
