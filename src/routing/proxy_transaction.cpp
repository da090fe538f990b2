// SPDX-License-Identifier: Apache-2.0
// See proxy_transaction.h. Here: the way out, from the target set to the branches. The way back is
// proxy_transaction_responses.cpp.
#include "routing/proxy_transaction.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/random.h"
#include "base/strings.h"
#include "routing/outgoing_request.h"
#include "routing/proxy.h"
#include "sip/response_builder.h"
#include "sip/status.h"

namespace carillon::routing {
namespace {

// What t_relay() answers by itself when no branch could be sent (OpenSIPS's codes; 416 as RFC 3261 section 16.3 asks).
Reply automatic_reply(const RouteContext& context, int failure) {
  switch (failure) {
    case kBadUri: {
      const base::Result<sip::Uri>& uri = context.message().request_uri();
      if (uri && !uri->is_sip()) return {.status = 416};
      return {.status = 478, .reason = "Unresolvable destination"};
    }
    case kNoDestination:
    case kUnresolvable:
      return {.status = 478, .reason = "Unresolvable destination"};
    case kBlacklisted:
      return {.status = 473, .reason = "Filtered destination"};
    case kSendFailed:
      return {.status = 477, .reason = "Send failed"};
    default:
      return {.status = 500, .reason = "Server error occurred"};
  }
}

}  // namespace

ProxyTransaction::ProxyTransaction(Proxy& proxy, transaction::StoredMessagePtr request)
    : proxy_(proxy),
      request_(std::move(request)),
      avps_(request_->arena()),
      cseq_(request_->message().cseq().number),
      invite_(request_->message().method() == sip::Method::Invite) {}

ProxyTransaction::~ProxyTransaction() = default;

transaction::ServerTransaction* ProxyTransaction::server() { return proxy_.transactions().find(server_); }

std::string_view ProxyTransaction::to_tag() {
  if (to_tag_.empty()) to_tag_ = base::random_token(12);
  return to_tag_;
}

// Keeps what a failure_route needs to fork again: the decision as it is now.
void ProxyTransaction::remember(RouteContext& context, bool may_fork_again) {
  flags = context.decision.flags;
  armed = context.decision.armed;
  program_ = context.program;
  reply_headers_ = context.decision.reply_headers;
  // An onreply_route may arm a failure_route, too.
  if (!may_fork_again && !armed.failure && !armed.branch && !armed.reply) return;
  origin_ = std::make_unique<Origin>();
  origin_->decision = context.decision;
  origin_->decision.targets.resize(1);
}

base::Task<int> ProxyTransaction::relay(RouteContext& context, const RelayOptions& options) {
  const Use use(*this);
  if (decisive_) co_return kInternalError;
  if (!next_max_forwards(context)) {
    proxy_.reply(context, {.status = 483});
    co_return kStopScript;
  }
  if (const std::string unsupported = unsupported_options(context); !unsupported.empty()) {
    proxy_.reply(context, {.status = 420, .headers = unsupported});
    co_return kStopScript;
  }
  if (is_loop(context)) {
    proxy_.reply(context, {.status = 482});
    co_return kStopScript;
  }
  remember(context, false);
  TargetSet targets = std::move(context.decision.targets);
  context.decision.targets.assign(1, targets.front());
  targets.resize(std::min(targets.size(), kMaxBranches));
  if (branches_.size() + targets.size() > kMaxBranchesEver) {
    log::warning("{} branches are enough for one {}", branches_.size(), context.message().method_name());
    co_return kInternalError;
  }
  if (options.allow_no_cancel) {
    keeps_others_ = context.message().has_token(sip::HeaderId::RequestDisposition, "no-cancel");
  }

  const unsigned breadth = max_breadth(context);
  if (breadth < targets.size()) {
    proxy_.reply(context, {.status = 440, .reason = "Max-Breadth Exceeded"});
    co_return kStopScript;
  }
  const unsigned share = targets.size() > 1 || context.message().has(sip::HeaderId::MaxBreadth)
                             ? breadth / static_cast<unsigned>(targets.size())
                             : 0;
  building_ = true;
  const std::size_t previous_set = set_begin_;
  if (all_branches_final()) set_begin_ = branches_.size();
  int failure = kNoDestination;
  bool sent = false;
  for (const RequestTarget& target : targets) {
    const transaction::ServerTransaction* caller = server();
    if (caller == nullptr || caller->cancelled() || final_status_ != 0) break;
    const int code = co_await relay_to(context, target, options, share);
    if (code == kRelayed) {
      sent = true;
    } else {
      failure = code;
    }
  }
  building_ = false;
  if (!sent) set_begin_ = previous_set;
  context.decision.flags = flags;
  const transaction::ServerTransaction* caller = server();
  if (sent || caller == nullptr || caller->cancelled() || final_status_ != 0) {
    check_completion();
    co_return kRelayed;
  }
  const Reply reply = automatic_reply(context, failure);
  if (options.no_automatic_reply) {
    context.error = {.reply_code = reply.status, .info = "relaying failed", .reply_reason = reply.reason};
    co_return failure;
  }
  proxy_.reply(context, reply);
  co_return kStopScript;
}

base::Task<int> ProxyTransaction::relay_to(RouteContext& context, RequestTarget target, const RelayOptions& options,
                                           unsigned breadth) {
  branches_.push_back(std::make_unique<Branch>(*this, static_cast<unsigned>(branches_.size()), target));
  Branch& branch = *branches_.back();

  std::optional<Decision> own_decision;
  if (armed.branch) {
    own_decision = context.decision;
    own_decision->flags = flags;
    if (!co_await run_branch_route(branch, *own_decision)) {
      branches_.pop_back();
      co_return kNoDestination;
    }
  }
  const Decision& decision = own_decision ? *own_decision : context.decision;

  base::Result<transport::Target> hop = options.outbound_proxy
                                            ? base::Result<transport::Target>(*options.outbound_proxy)
                                            : next_hop(context, branch.target);
  int code = kBadUri;
  if (hop) {
    if (options.outbound_proxy) hop->listener = usable_socket(context, *hop, branch.target.socket);
    hop->received_on = context.flow().listener;
    hop->only_connection = (branch.target.flags & proxy_.settings().connected_branches) != 0;
    hop->first_address_only = options.no_dns_failover;
    hop->filter = destination_filter(context, decision, branch.target.uri);
    branch.by_name_ = !hop->host.empty();
    auto flow = proxy_.transport().try_open(*hop);
    if (!flow) flow = co_await proxy_.transport().open(proxy_.shard(), *hop);
    code = *flow ? send_branch(context, branch, decision, **flow, breadth) : code_of(flow->error());
    if (!*flow) log::info("no way to {}: {}", branch.target.uri, flow->error().message);
  } else {
    log::info("no way to {}: {}", branch.target.uri, hop.error().message);
  }
  // A branch that was never sent takes no part in choosing the best response.
  if (code != kRelayed) branches_.pop_back();
  co_return code;
}

base::Task<bool> ProxyTransaction::run_branch_route(Branch& branch, Decision& decision) {
  RouteContext& own = proxy_.runs().acquire(proxy_.shard());
  own.begin(script::RouteKind::Branch, request_);
  own.transaction = this;
  own.branch = branch.index();
  decision.targets.assign(1, branch.target);
  decision.armed = {};
  own.decision = std::move(decision);
  const script::Outcome outcome = co_await proxy_.runs().run(own, program_, *armed.branch);
  branch.target = own.request_target();
  branch.reply_route = own.decision.armed.reply;
  if (own.decision.armed.failure) armed.failure = own.decision.armed.failure;
  flags = own.decision.flags;
  decision = std::move(own.decision);
  proxy_.runs().release(own);
  const transaction::ServerTransaction* caller = server();
  co_return !outcome.dropped() && caller != nullptr && !caller->cancelled();
}

int ProxyTransaction::send_branch(RouteContext& context, Branch& branch, const Decision& decision,
                                  const transport::Flow& flow, unsigned breadth) {
  transaction::ServerTransaction* caller = server();
  // The caller may have given up, or a branch answered, while the way there was looked for.
  if (caller == nullptr || caller->cancelled() || final_status_ != 0) return kInternalError;
  const sip::Message& message = request_->message();
  const transport::Branch via_branch{.shard = static_cast<std::uint8_t>(proxy_.shard().id()),
                                     .key = caller->branch_key(),
                                     .loop = loop_hash(message, context.flow()),
                                     .index = static_cast<std::uint8_t>(branch.index())};
  Outgoing outgoing{.target = branch.target,
                    .decision = decision,
                    .flow = flow,
                    .branch = via_branch,
                    .max_breadth = {},
                    .more_headers = request_headers};
  if (breadth != 0) outgoing.max_breadth = static_cast<std::uint8_t>(breadth);
  sip::EditList& edits = proxy_.scratch_edits(decision.edits);
  edit_for_sending(edits, context, outgoing);
  const std::span<char> room = request_->arena().characters(sip::written_size(message, edits));
  const std::size_t size = sip::write(message, edits, room);

  transaction::ClientRequest request;
  request.method = message.method();
  request.branch = via_branch;
  request.flow = flow;
  request.bytes = {room.data(), size};
  request.memory = request_;
  request.extra_headers = request_headers;
  request.server = server_;
  request.fr_timeout = fr_timeout;
  request.fr_inv_timeout = fr_inv_timeout;
  const auto client = proxy_.transactions().create_client(request, branch);
  if (!client) {
    log::info("{}: {}", branch.target.uri, client.error().message);
    return kSendFailed;
  }
  branch.client_ = (*client)->id();
  branch.remote_ = flow.remote;
  branch.protocol_ = flow.protocol;
  ++live_clients_;
  proxy_.statistics().fwd_requests.add();
  return kRelayed;
}

void ProxyTransaction::on_script_end(RouteContext& context) {
  if (final_status_ != 0 || !branches_.empty()) return;
  if (invite_ && last_status_ > 100 && wait_for_branches(context, 0)) return;
  log::warning("the script made a transaction for a {} and neither answered nor relayed it", request().method_name());
  if (transaction::ServerTransaction* caller = server()) caller->detach();
  server_ = {};
}

bool ProxyTransaction::reply(int status, std::string_view reason, const std::string& bytes) {
  transaction::ServerTransaction* caller = server();
  if (caller == nullptr || final_status_ != 0) return false;
  const Use use(*this);
  if (!caller->may_respond(status)) return false;
  if (status >= 200) note_final(status, reason, nullptr);
  if (caller = server(); caller == nullptr) return true;
  if (const auto sent = caller->respond(status, bytes); !sent) {
    log::info("the caller can't be answered: {}", sent.error().message);
  }
  note_sent(status, true);
  if (status < 200) return true;
  if (status < 300 && invite_) caller->repeat_success(bytes);
  cancel_branches();
  return true;
}

void ProxyTransaction::cancel_branch(Branch& branch) {
  if (branch.is_final()) return;
  if (is_placeholder(branch)) {
    late_.reset();
    branch.status_ = 487;
    return;
  }
  if (transaction::ClientTransaction* client = proxy_.transactions().find(branch.client_))
    client->cancel(cancel_headers);
}

void ProxyTransaction::cancel_branches(const Branch* but) {
  if (!invite_) return;
  for (const auto& branch : branches_) {
    if (branch.get() != but) cancel_branch(*branch);
  }
}

void ProxyTransaction::on_cancel(transaction::ServerTransaction& /*transaction*/,
                                 const transaction::StoredMessagePtr& /*cancel*/) {
  if (cancelled_ || final_status_ != 0) return;
  const Use use(*this);
  cancelled_ = true;
  for (const auto& observer : observers) observer->on_cancel(*this);
  cancel_branches();
  check_completion();
}

void ProxyTransaction::on_transport_error(transaction::ServerTransaction& /*transaction*/, const base::Error& error) {
  log::info("the caller can't be answered: {}", error.message);
}

void ProxyTransaction::on_terminated(transaction::ServerTransaction& /*transaction*/) {
  const Use use(*this);
  server_ = {};
  // Without a caller nothing is worth waiting for.
  cancel_branches();
}

bool ProxyTransaction::all_branches_final() const {
  return std::ranges::all_of(branches_, [](const auto& branch) { return branch->is_final(); });
}

void ProxyTransaction::release_when_done() {
  if (uses_ != 0) return;
  if (final_status_ != 0 && request_ && all_branches_final()) {
    // The key and the last answer are kept by the server transaction.
    for (const auto& branch : branches_) {
      branch->response_.reset();
      branch->avps_.reset();
    }
    avps_ = script::AvpList(proxy_.no_arena());
    origin_.reset();
    request_.reset();
  }
  if (!server_ && live_clients_ == 0) proxy_.destroy(*this);
}

}  // namespace carillon::routing
