// SPDX-License-Identifier: Apache-2.0
// Branches that are added while others are under way, and the wait for them (t_wait_for_new_branches,
// t_inject_branches). See proxy_transaction.h.
#include <algorithm>

#include "base/log.h"
#include "routing/outgoing_request.h"
#include "routing/proxy.h"
#include "routing/proxy_transaction.h"

namespace carillon::routing {

bool ProxyTransaction::is_placeholder(const Branch& branch) const {
  return late_ != nullptr && &late_->placeholder == &branch;
}

bool ProxyTransaction::wait_for_branches(RouteContext& context, unsigned count) {
  if (late_ != nullptr || final_status_ != 0 || branches_.size() >= kMaxBranchesEver) return false;
  remember(context, true);
  branches_.push_back(std::make_unique<Branch>(*this, static_cast<unsigned>(branches_.size()), RequestTarget{}));
  late_.reset(new LateBranches{.transaction = *this, .placeholder = *branches_.back(), .left = count});
  proxy_.shard().schedule(late_->timer, fr_inv_timeout.value_or(proxy_.settings().transactions.fr_inv_timeout));
  return true;
}

bool ProxyTransaction::end_wait() {
  if (late_ == nullptr) return false;
  const Use use(*this);
  // Nobody came: as a branch that never answered.
  late_->placeholder.status_ = 408;
  late_.reset();
  check_completion();
  return true;
}

base::Task<int> ProxyTransaction::inject(TargetSet targets, Injection how) {
  const Use use(*this);
  const bool may_fork = request_ && origin_ && final_status_ == 0 && !decisive_ && !building_;
  if (!may_fork || targets.empty() || branches_.size() + targets.size() > kMaxBranchesEver) co_return kInternalError;
  if (how.cancel_others) cancel_branches(late_ != nullptr ? &late_->placeholder : nullptr);

  RouteContext& context = proxy_.runs().acquire(proxy_.shard());
  context.begin(script::RouteKind::Failure, request_);
  context.decision = origin_->decision;
  context.decision.armed = armed;
  context.decision.blacklists = context.default_blacklists();
  context.decision.flags = flags;
  context.transaction = this;
  for (RequestTarget& target : targets) {
    target.uri = context.keep(target.uri);
    target.destination = context.keep(target.destination);
    target.path = context.keep(target.path);
    target.attributes = copy_attributes(target.attributes, context.arena());
  }
  building_ = true;
  const RelayOptions options;
  unsigned sent = 0;
  int failure = kNoDestination;
  for (const RequestTarget& target : targets) {
    const transaction::ServerTransaction* caller = server();
    if (caller == nullptr || caller->cancelled() || final_status_ != 0) break;
    const int code = co_await relay_to(context, target, options, 0);
    if (code == kRelayed) {
      ++sent;
    } else {
      failure = code;
    }
  }
  building_ = false;
  proxy_.runs().release(context);

  bool enough = how.is_last;
  if (late_ != nullptr && late_->left != 0) {
    late_->left -= std::min(late_->left, sent);
    enough = enough || late_->left == 0;
  }
  if (enough && sent != 0) end_wait();
  check_completion();
  co_return sent != 0 ? kRelayed : failure;
}

}  // namespace carillon::routing
