// SPDX-License-Identifier: Apache-2.0
// See uac_redirect.h.
#include "modules/uac_redirect/uac_redirect.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "module/registry.h"
#include "modules/uac_redirect/contacts.h"
#include "routing/proxy_transaction.h"

namespace carillon::uac_redirect {

using namespace module;

namespace {

base::Result<std::optional<std::size_t>> parse_number(std::string_view text) {
  text = base::trim(text);
  if (text == "*" || text.empty()) return std::nullopt;
  const auto number = base::parse_number<std::uint32_t>(text);
  if (!number) return base::fail(fmt::format("'{}' is no number of contacts", text));
  return *number == 0 ? std::nullopt : std::optional<std::size_t>(*number);
}

Verdict add(std::string_view function, FilterList& list, const Filter& filter, Reset reset) {
  if (list.add(filter.regex, reset)) return kTrue;
  log::error("{}(): more than {} filters", function, FilterList::kMost);
  return kFalse;
}

}  // namespace

base::Result<MaxTotal> MaxTotal::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  const auto total = parse_number(text.substr(0, colon));
  if (!total) return std::unexpected(total.error());
  MaxTotal result{.total = *total, .per_branch = {}};
  if (colon == std::string_view::npos) return result;
  const auto per_branch = parse_number(text.substr(colon + 1));
  if (!per_branch) return std::unexpected(per_branch.error());
  result.per_branch = *per_branch;
  return result;
}

base::Result<MaxBranchOrReason> MaxBranchOrReason::parse(std::string_view text) {
  // A reason begins with the three digits of a status, or with none.
  constexpr std::size_t kStatusDigits = 3;
  const std::string_view trimmed = base::trim(text);
  const bool digits = std::ranges::all_of(trimmed.starts_with('-') ? trimmed.substr(1) : trimmed, base::is_digit);
  if (trimmed.empty() || trimmed == "*" || (digits && trimmed.size() < kStatusDigits)) {
    const auto per_branch = parse_number(trimmed);
    if (!per_branch) return std::unexpected(per_branch.error());
    return MaxBranchOrReason{.per_branch = *per_branch, .reason = {}};
  }
  return MaxBranchOrReason{.per_branch = {}, .reason = std::string(trimmed)};
}

base::Result<> UacRedirect::start(Services& services) {
  if (default_filter != "accept" && default_filter != "deny") {
    return base::fail("default_filter must be accept or deny");
  }
  accept_others_ = default_filter == "accept";
  // An empty text is no filter.
  if (!deny_filter.empty()) {
    auto deny = Filter::parse(deny_filter);
    if (!deny) return base::fail(fmt::format("deny_filter: {}", deny.error().message));
    usual_deny_ = std::move(deny->regex);
  }
  if (!accept_filter.empty()) {
    auto accept = Filter::parse(accept_filter);
    if (!accept) return base::fail(fmt::format("accept_filter: {}", accept.error().message));
    usual_accept_ = std::move(accept->regex);
  }
  if (acc_function != "acc_log_request" && acc_function != "acc_db_request") {
    return base::fail("acc_function must be acc_log_request or acc_db_request");
  }
  records_in_database_ = acc_function == "acc_db_request";
  records_ = services.find<acc::RecordService>();
  return {};
}

Filters& UacRedirect::filters(RouteContext& context) const {
  auto& observers = context.transaction_observers();
  for (const auto& observer : observers) {
    if (observer->owner() == this) return static_cast<Filters&>(*observer);
  }
  auto made = std::make_unique<Filters>(this, FilterList(usual_accept_), FilterList(usual_deny_), accept_others_);
  Filters& kept = *made;
  observers.push_back(std::move(made));
  return kept;
}

Verdict UacRedirect::set_deny_filter(RouteContext& context, const Parsed<Filter>& filter,
                                     const Parsed<ResetFlag>& flags) {
  return add("set_deny_filter", filters(context).deny, *filter, flags->reset);
}

Verdict UacRedirect::set_accept_filter(RouteContext& context, const Parsed<Filter>& filter,
                                       const Parsed<ResetFlag>& flags) {
  return add("set_accept_filter", filters(context).accept, *filter, flags->reset);
}

// The best contact takes the place of the Request-URI, which has failed, unless the script has given it another one.
Verdict UacRedirect::get_redirects(RouteContext& context, const std::optional<Parsed<MaxTotal>>& max_total,
                                   const std::optional<Parsed<MaxBranchOrReason>>& max_branch) {
  const routing::ProxyTransaction* transaction = context.transaction;
  if (transaction == nullptr) return kFalse;
  ContactLimits limits;
  if (max_total) {
    limits.total = (*max_total)->total.value_or(limits.total);
    limits.per_branch = (*max_total)->per_branch.value_or(limits.per_branch);
  }
  if (max_branch) limits.per_branch = (*max_branch)->per_branch.value_or(limits.per_branch);
  routing::TargetSet& targets = context.decision.targets;
  const bool tried = std::ranges::any_of(transaction->branches(),
                                         [&](const auto& branch) { return branch->target.uri == targets.front().uri; });
  const std::size_t room = routing::kMaxBranches - std::min(routing::kMaxBranches, targets.size() - (tried ? 1 : 0));
  limits.total = std::min(limits.total, room);
  std::vector<routing::RequestTarget> contacts = redirected_to(context, filters(context), limits);
  if (contacts.empty()) return kFalse;
  if (max_branch && (*max_branch)->reason) {
    if (records_ == nullptr) log::error("get_redirects(): without acc there are no records");
    for (std::size_t i = 0; records_ != nullptr && i < contacts.size(); ++i) {
      records_->record_request(context, records_in_database_, *(*max_branch)->reason, acc_db_table);
    }
  }
  auto first = contacts.begin();
  if (tried) {
    targets.front() = *first;
    ++first;
  }
  targets.insert(targets.end(), first, contacts.end());
  return kTrue;
}

}  // namespace carillon::uac_redirect
