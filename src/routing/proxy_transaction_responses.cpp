// SPDX-License-Identifier: Apache-2.0
// The way back: responses of the branches to the caller (RFC 3261 section 16.7), failure routes in between. See
// proxy_transaction.h.
#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "routing/best_response.h"
#include "routing/proxy.h"
#include "routing/proxy_transaction.h"
#include "sip/response_builder.h"
#include "sip/status.h"

namespace carillon::routing {

using transaction::TimeoutKind;

// --- Branch: what its client transaction reports
// -----------------------------------------------------------------------

void Branch::on_response(transaction::ClientTransaction& /*transaction*/, const sip::Message& response,
                         const transport::Flow& flow) {
  transaction_.on_branch_response(*this, response, flow);
}

void Branch::on_timeout(transaction::ClientTransaction& /*transaction*/, TimeoutKind kind) {
  transaction_.accept_failure(*this, kind == TimeoutKind::NotCancelled ? 487 : 408);
}

void Branch::on_transport_error(transaction::ClientTransaction& /*transaction*/, const base::Error& error) {
  log::info("{}: {}", target.uri, error.message);
  transaction_.accept_failure(*this, 503);
}

void Branch::on_terminated(transaction::ClientTransaction& /*transaction*/) {
  const ProxyTransaction::Use use(transaction_);
  client_ = {};
  --transaction_.live_clients_;
}

script::AvpList* Branch::avps(bool make) {
  if (avps_ == nullptr && make && transaction_.request_) {
    avps_ = std::make_unique<script::AvpList>(transaction_.request_->arena());
  }
  return avps_.get();
}

// --- responses
// ---------------------------------------------------------------------------------------------------------

void ProxyTransaction::on_branch_response(Branch& branch, const sip::Message& response, const transport::Flow& flow) {
  const Use use(*this);
  branch.heard_ = true;
  const bool is_read = response.status() >= 200 &&
                       std::ranges::any_of(observers, [](const auto& observer) { return observer->reads_responses(); });
  if (response.status() == 100 || (!branch.reply_route && !armed.reply && !is_read)) {
    accept(branch, response, flow, nullptr);
    return;
  }
  proxy_.shard().start(run_reply_routes(branch, proxy_.transactions().store(response, flow)), [] {});
}

base::Task<> ProxyTransaction::run_reply_routes(Branch& branch, transaction::StoredMessagePtr response) {
  const Use use(*this);
  // Later responses of this branch wait until the script is through with this one.
  const transaction::ClientTransactionId client = branch.client_;
  if (auto* running = proxy_.transactions().find(client)) running->hold();

  RouteContext& context = proxy_.runs().acquire(proxy_.shard());
  context.begin(script::RouteKind::Reply, response);
  context.transaction = this;
  context.branch = branch.index();
  context.decision.flags = flags;
  context.decision.armed = armed;
  context.set_other_message(request_);
  if (proxy_.settings().onreply_avp_mode && request_) context.use_avps(&avps_);
  bool dropped = false;
  for (const auto route : {branch.reply_route, armed.reply}) {
    if (!route || dropped) continue;
    const script::Outcome outcome = co_await proxy_.runs().run(context, program_, *route);
    dropped = outcome.dropped() && response->message().status() < 200;
  }
  for (std::size_t i = 0; response->message().status() >= 200 && i < observers.size(); ++i) {
    if (observers[i]->reads_responses()) co_await observers[i]->on_response(context);
  }
  flags = context.decision.flags;
  armed = context.decision.armed;
  if (!dropped) accept(branch, response->message(), response->flow(), &context);
  proxy_.runs().release(context);
  if (auto* running = proxy_.transactions().find(client)) running->release();
}

void ProxyTransaction::accept(Branch& branch, const sip::Message& response, const transport::Flow& flow,
                              const RouteContext* context) {
  const Decision* const decision = context != nullptr ? &context->decision : nullptr;
  const int status = response.status();
  if (!branch.is_final() || status < 300) branch.status_ = status;
  if (status == 100) return;
  const int sent_status = decision != nullptr && decision->reply_status != 0 ? decision->reply_status : status;
  if (status < 200) {
    if (final_status_ == 0) forward(response, decision, sent_status, {});
    return;
  }
  if (status < 300) {
    // Every 2xx to an INVITE goes to the caller, also one that comes late or again (section 16.7 step 5).
    if ((final_status_ == 0 || invite_) && !forward(response, decision, sent_status, {})) {
      branch.status_ = 502;
      check_completion();
      return;
    }
    if (!keeps_others_) cancel_branches(&branch);
    return;
  }
  // The decision's texts live with the message they were made for.
  branch.response_ = context != nullptr ? context->stored() : proxy_.transactions().store(response, flow);
  if (decision != nullptr) branch.decision_ = std::make_unique<Decision>(*decision);
  if (status >= 600 && !proxy_.settings().disable_6xx_block) {
    decisive_ = true;
    cancel_branches(&branch);
  }
  check_completion();
}

void ProxyTransaction::accept_failure(Branch& branch, int status) {
  const Use use(*this);
  if (branch.is_final()) return;
  if (branch.by_name_ && !branch.heard_ && status != 487) blacklist(branch);
  // A branch that never answered a cancelled INVITE counts as cancelled, not as timed out (section 9.1).
  branch.status_ = cancelled_ && status == 408 ? 487 : status;
  check_completion();
}

// disable_dns_blacklist=0: other requests go to the name's next address for a while.
void ProxyTransaction::blacklist(const Branch& branch) {
  constexpr std::chrono::minutes kTime{4};
  if (!proxy_.settings().dns_blacklist) return;
  Blacklists::Rule rule;
  rule.network = {branch.remote_.address, static_cast<std::uint8_t>(branch.remote_.address.bytes().size() * 8)};
  rule.protocol = branch.protocol_;
  rule.port = branch.remote_.port;
  rule.expires = proxy_.clock().now() + kTime;
  if (auto added = proxy_.settings().blacklists->add("dns", std::move(rule), proxy_.clock().now()); !added) {
    log::warning("{} does not answer: {}", branch.remote_.to_string(), added.error().message);
  }
}

bool ProxyTransaction::forward(const sip::Message& response, const Decision* decision, int status,
                               const std::vector<std::string>& more_headers) {
  auto vias = response.items(sip::HeaderId::Via);
  auto via = vias.begin();
  const sip::ListItem own_via = *via;
  // A response whose only Via is ours was meant for us alone.
  if (++via == vias.end()) {
    proxy_.statistics().drop_replies.add();
    return false;
  }
  const std::string_view reason = decision != nullptr && !decision->reply_reason.empty() ? decision->reply_reason
                                  : status != response.status()                          ? sip::default_reason(status)
                                                                                         : response.reason();
  // Before it leaves, which a stream does at once: what is written down now, a kill can't take any more.
  transaction::ServerTransaction* caller = server();
  if (status >= 200 && caller != nullptr && caller->may_respond(status)) {
    note_final(status, reason, &response);
    caller = server();
  }
  sip::EditList& edits = proxy_.scratch_edits(decision != nullptr ? decision->edits : sip::EditList());
  sip::remove_item(edits, response, own_via);
  for (const std::string& line : more_headers) sip::append_header(edits, response, line);
  if (response.cseq().number != cseq_) {
    sip::set_header(edits, response, sip::HeaderId::CSeq, fmt::format("{} {}", cseq_, response.cseq().method_name));
  }
  if (status != response.status() || reason != response.reason()) {
    edits.replace(response.span(response.first_line()), fmt::format("SIP/2.0 {} {}", status, reason));
  }
  for (const auto& observer : observers) observer->edit_response(*this, response, edits);
  const std::string_view bytes = proxy_.write(response, edits);
  if (caller == nullptr || !caller->may_respond(status)) {
    if (status >= 200 && status < 300) send_late_success((*via).value, bytes);
    return true;
  }
  if (const auto sent = caller->respond(status, bytes); !sent) {
    log::info("the caller can't be answered: {}", sent.error().message);
  }
  proxy_.transactions().statistics().relayed_replies.add();
  proxy_.statistics().fwd_replies.add();
  note_sent(status, false);
  if (status >= 200) return true;
  for (const auto& observer : observers) observer->on_provisional_response(*this, response);
  return true;
}

// A 2xx that comes after another final response, or when even that is forgotten, still has to reach the caller.
void ProxyTransaction::send_late_success(std::string_view next_via, std::string_view response) {
  if (!invite_) return;
  if (const transaction::ServerTransaction* caller = server()) {
    static_cast<void>(proxy_.transport().send(caller->response_flow(), response));
  } else {
    proxy_.send_by_via(next_via, transport::ConnectionId::None, response);
  }
}

void ProxyTransaction::note_sent(int status, bool local) {
  last_status_ = status;
  last_was_local_ = local;
  if (local) proxy_.transactions().statistics().local_replies.add();
}

void ProxyTransaction::note_final(int status, std::string_view reason, const sip::Message* received) {
  if (final_status_ != 0) return;
  final_status_ = status;
  if (status < 300 && request_) proxy_.transport().mark_authenticated(request_->flow().connection);
  for (const auto& observer : observers) observer->on_final_response(*this, status, reason, received);
}

// --- the end of a set of branches
// ----------------------------------------------------------------------------------------

void ProxyTransaction::give_up_minor_branches() {
  const std::uint32_t minor = proxy_.settings().minor_branches;
  const auto set = last_set();
  const auto is_minor = [minor](const auto& branch) { return (branch->target.flags & minor) != 0; };
  const bool only_minor_left =
      std::ranges::all_of(set, [&](const auto& branch) { return branch->is_final() || is_minor(branch); });
  const bool others_failed =
      std::ranges::any_of(set, [&](const auto& branch) { return branch->is_final() && !is_minor(branch); });
  if (!only_minor_left || !others_failed) return;
  for (const auto& branch : set) {
    if (branch->is_final()) continue;
    cancel_branch(*branch);
    branch->status_ = 408;
  }
}

void ProxyTransaction::check_completion() {
  if (proxy_.settings().minor_branches != 0 && !building_ && final_status_ == 0) give_up_minor_branches();
  if (building_ || failing_ || final_status_ != 0 || !all_branches_final()) return;
  if (branches_.empty()) {
    // Cancelled before there was a branch that could have answered.
    if (cancelled_) reply_from_outside({.status = 487});
    return;
  }
  Branch& best = *best_branch(last_set(), cancelled_);
  if (armed.failure && origin_) {
    proxy_.shard().start(run_failure_route(best), [] {});
  } else {
    answer_finally(best);
  }
}

base::Task<> ProxyTransaction::run_failure_route(Branch& best) {
  const Use use(*this);
  failing_ = true;
  const script::RouteId route = *std::exchange(armed.failure, {});
  const std::size_t before = branches_.size();
  const std::string_view reason =
      best.response() ? best.response()->message().reason() : sip::default_reason(best.status());
  for (const auto& observer : observers) {
    observer->on_failure(*this, best.status(), reason, best.response() ? &best.response()->message() : nullptr);
  }
  RouteContext& context = proxy_.runs().acquire(proxy_.shard());
  context.begin(script::RouteKind::Failure, request_);
  context.decision = origin_->decision;
  context.decision.armed = armed;
  context.decision.flags = flags;
  context.decision.blacklists = context.default_blacklists();
  context.request_target().flags = best.target.flags;
  context.transaction = this;
  context.branch = best.index();
  context.set_other_message(best.response());
  winner_ = &best;
  co_await proxy_.runs().run(context, program_, route);
  flags = context.decision.flags;
  armed = context.decision.armed;
  proxy_.runs().release(context);
  winner_ = nullptr;
  failing_ = false;

  if (final_status_ != 0) co_return;
  if (branches_.size() > before) {
    check_completion();  // the new branches may be through already
  } else {
    answer_finally(best);
  }
}

void ProxyTransaction::answer_finally(Branch& best) {
  int status = best.status();
  // A 408 to a non-INVITE would come too late to mean anything (RFC 4320 section 4.2).
  if (status == 408 && !invite_) {
    give_up();
    return;
  }
  if (status == 503 && !proxy_.settings().disable_503_translation) status = 500;
  if (best.response()) {
    const Decision* decision = best.decision();
    if (decision != nullptr && decision->reply_status != 0) status = decision->reply_status;
    if (forward(best.response()->message(), decision, status, other_challenges(branches_, last_set(), best))) return;
  }
  reply_from_outside({.status = status});
}

void ProxyTransaction::give_up() {
  note_final(408, sip::default_reason(408), nullptr);
  if (transaction::ServerTransaction* caller = server()) caller->abandon();
  server_ = {};
}

bool ProxyTransaction::reply_from_outside(const Reply& reply, std::string_view to_tag) {
  if (!request_) return false;
  if (to_tag_.empty()) to_tag_ = to_tag;
  RouteContext& context = proxy_.runs().acquire(proxy_.shard());
  context.begin(script::RouteKind::Failure, request_);
  context.transaction = this;
  context.decision.reply_headers = reply_headers_;
  const bool answered = proxy_.reply(context, reply);
  proxy_.runs().release(context);
  return answered;
}

}  // namespace carillon::routing
