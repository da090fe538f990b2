// SPDX-License-Identifier: Apache-2.0
// See lookup.h.
#include "modules/registrar/lookup.h"

#include <algorithm>
#include <limits>

#include "routing/identity.h"
#include "routing/proxy.h"

namespace carillon::registrar {
namespace {

using module::kFalse;
using module::kTrue;
using routing::RequestTarget;
using routing::TargetSet;

// More than fit beside the Request-URI are left out.
constexpr std::size_t kMaxFound = routing::kMaxBranches + 1;

// The URI of the first Path entry.
std::string_view first_hop(std::string_view path) {
  const auto hop = sip::NameAddr::parse(*sip::CommaList(path).begin());
  return hop ? hop->uri_text : std::string_view{};
}

RequestTarget target_of(RouteContext& context, const usrloc::Contact& contact) {
  RequestTarget target;
  target.uri = context.keep(contact.uri());
  target.path = context.keep(contact.path());
  // The proxy that stands before the phone knows the way to it.
  target.destination = target.path.empty() ? context.keep(contact.received()) : first_hop(target.path);
  target.q = contact.q();
  target.flags = contact.branch_flags();
  target.socket = contact.socket();
  return target;
}

// What the script has set for the Request-URI branch stays where the contact has nothing to say. (In a failure_route it
// is what the failed branch had.)
void set_request_target(RouteContext& context, const RequestTarget& target) {
  RequestTarget& current = context.request_target();
  const std::uint32_t flags = current.flags;
  const RequestTarget before = context.kind() == script::RouteKind::Failure ? RequestTarget{} : current;
  current = target;
  current.flags |= flags;
  if (target.destination.empty()) current.destination = before.destination;
  if (target.path.empty()) current.path = before.path;
  if (target.socket == transport::ListenerId::None) current.socket = before.socket;
}

}  // namespace

Lookup::Lookup(const Rules& rules, RouteContext& context, const LookupFlags& flags)
    : rules_(rules),
      context_(context),
      flags_(flags),
      now_(context.proxy().clock().unix_seconds()),
      method_(usrloc::method_bit(context.message().method_name())) {}

std::optional<Lookup::Source> Lookup::source_of(std::string_view text) const {
  Source source;
  if (!rules_.disable_gruu) {
    const auto uri = sip::Uri::parse(text);
    if (uri && uri->is_sip() && Gruus::is_gruu(*uri)) {
      source.instance = Gruus::instance_of(*uri);
      if (auto meaning = rules_.gruus().read(*uri)) {
        return Source{.aor = std::move(meaning->aor),
                      .branch = {},
                      .instance = std::move(meaning->instance),
                      .call_id = std::move(meaning->call_id)};
      }
      if (source.instance.empty()) return std::nullopt;
    }
  }
  auto name = rules_.aor_of(text);
  if (!name) return std::nullopt;
  source.aor = std::move(*name);
  return source;
}

bool Lookup::plan(std::optional<std::string_view> aor) {
  auto first = source_of(aor.value_or(context_.request_target().uri));
  if (!first) return false;
  sources_.push_back(std::move(*first));
  if (!flags_.branch || flags_.no_branches) return true;
  const TargetSet& targets = context_.decision.targets;
  for (std::size_t i = 1; i < targets.size(); ++i) {
    Source source = source_of(targets[i].uri).value_or(Source{});
    source.branch = targets[i];
    sources_.push_back(std::move(source));
  }
  return true;
}

void Lookup::plan_contact(std::string aor, std::uint64_t id) {
  sources_.push_back({.aor = std::move(aor), .branch = {}, .instance = {}, .call_id = {}});
  only_id_ = id;
}

bool Lookup::is_wanted(const Source& source, const usrloc::Contact& contact) {
  if (!contact.is_valid_at(now_) || (only_id_ != 0 && contact.id() != only_id_)) return false;
  if (!source.instance.empty() && contact.instance() != source.instance) return false;
  if (!source.call_id.empty() && contact.call_id() != source.call_id) return false;
  method_lacks_ = flags_.method_filtering && (contact.methods() & method_) == 0;
  if (method_lacks_) return false;
  if (flags_.max_ping_latency && contact.latency() > *flags_.max_ping_latency) return false;
  return !flags_.user_agent || flags_.user_agent->matches(contact.user_agent()).value_or(false);
}

void Lookup::take(std::size_t index, const usrloc::AorRecord& record) {
  Source& source = sources_[index];
  for (const usrloc::Contact& contact : record) {
    if (!is_wanted(source, contact)) continue;
    if (found_.size() == kMaxFound) return;
    Found found{.target = target_of(context_, contact), .attr = {}, .latency = contact.latency()};
    if (!rules_.attr_avp().empty()) found.attr = context_.keep(contact.attr());
    found_.push_back(found);
    ++source.found;
  }
}

// AoRs among the branches make way for their contacts; what is somebody else's address stays.
void Lookup::keep_other_branches() {
  TargetSet& targets = context_.decision.targets;
  targets.resize(1);
  for (const Source& source : sources_) {
    if (!source.branch || source.found != 0) continue;
    const auto uri = sip::Uri::parse(source.branch->uri);
    if (uri && !context_.proxy().identity().is_myself(*uri)) targets.push_back(*source.branch);
  }
}

// The fastest first, those nobody has pinged last.
void Lookup::sort_by_latency() {
  const auto rank = [](const Found& found) {
    return found.latency == 0 ? std::numeric_limits<std::uint32_t>::max() : found.latency;
  };
  std::ranges::stable_sort(found_, {}, rank);
}

Verdict Lookup::finish() {
  if (flags_.branch && !flags_.no_branches) keep_other_branches();
  if (found_.empty()) return method_lacks_ ? Verdict(kNoMethod) : kFalse;
  if (flags_.sort_by_latency) sort_by_latency();
  TargetSet& targets = context_.decision.targets;
  auto next = found_.cbegin();
  if (!flags_.to_branches_only) set_request_target(context_, (next++)->target);
  if (!flags_.no_branches) {
    for (; next != found_.cend() && targets.size() < kMaxFound; ++next) targets.push_back(next->target);
  }
  if (!rules_.attr_avp().empty()) {
    for (auto used = found_.cbegin(); used != next; ++used) rules_.add_attr(context_, used->attr);
  }
  return kTrue;
}

}  // namespace carillon::registrar
