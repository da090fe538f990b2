// SPDX-License-Identifier: Apache-2.0
// lookup(): from an AoR to the branches that reach its contacts.
#include <algorithm>
#include <iterator>
#include <vector>

#include "modules/registrar/registrar.h"
#include "routing/identity.h"
#include "routing/proxy.h"

namespace carillon::registrar {
namespace {

using module::kFalse;
using module::kTrue;
using routing::RequestTarget;
using routing::TargetSet;

constexpr int kNoMethod = -2;
constexpr int kInternalError = -3;

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

// The contacts that will do, best first.
struct Found {
  TargetSet targets;
  std::vector<std::string_view> attrs;  // of each target, when the script wants them
  bool method_lacks = false;            // the last contact looked at doesn't take the method
};

// What is asked of the contacts of one AoR after the other.
struct Search {
  RouteContext& context;
  const LookupFlags& flags;
  bool with_attrs = false;
  std::int64_t now = context.proxy().clock().unix_seconds();
  std::uint32_t method = usrloc::method_bit(context.message().method_name());

  void add(const usrloc::AorRecord& record, Found& found) const {
    for (const usrloc::Contact& contact : record) {
      if (!contact.is_valid_at(now)) continue;
      found.method_lacks = flags.method_filtering && (contact.methods() & method) == 0;
      if (found.method_lacks) continue;
      if (flags.user_agent && !flags.user_agent->matches(contact.user_agent()).value_or(false)) continue;
      if (found.targets.size() == kMaxFound) return;
      found.targets.push_back(target_of(context, contact));
      if (with_attrs) found.attrs.push_back(context.keep(contact.attr()));
    }
  }
};

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

void Registrar::add_attr(RouteContext& context, std::string_view attr) const {
  if (!attr_avp_.empty()) context.avps().append(script::AvpName(attr_avp_), script::Value::text(attr));
}

Verdict Registrar::lookup(RouteContext& context, Constant<DomainName> domain, std::optional<Parsed<LookupFlags>> flags,
                          std::optional<std::string_view> aor) {
  static const LookupFlags kNoFlags;
  const LookupFlags& wanted = flags ? **flags : kNoFlags;
  const usrloc::LocationTable& table = *domain->domain->table;
  const Search search{.context = context, .flags = wanted, .with_attrs = !attr_avp_.empty()};
  Found found;
  const auto find = [&](std::string_view uri) {
    const auto name = aor_of(uri);
    if (!name) return false;
    table.read(*name, [&](const usrloc::AorRecord& record) { search.add(record, found); });
    return true;
  };
  if (!find(aor.value_or(context.request_target().uri))) return kInternalError;

  TargetSet& targets = context.decision.targets;
  if (wanted.branch && !wanted.no_branches) {
    // AoRs among the branches make way for their contacts; what is somebody else's address stays.
    const TargetSet branches(targets.begin() + 1, targets.end());
    targets.resize(1);
    for (const RequestTarget& branch : branches) {
      const auto uri = sip::Uri::parse(branch.uri);
      const std::size_t before = found.targets.size();
      const bool is_aor = find(branch.uri) && found.targets.size() != before;
      if (!is_aor && uri && !context.proxy().identity().is_myself(*uri)) targets.push_back(branch);
    }
  }
  if (found.targets.empty()) return found.method_lacks ? Verdict(kNoMethod) : kFalse;

  auto next = found.targets.cbegin();
  if (!wanted.to_branches_only) set_request_target(context, *next++);
  if (!wanted.no_branches) {
    for (; next != found.targets.cend() && targets.size() < kMaxFound; ++next) targets.push_back(*next);
  }
  const auto used = static_cast<std::size_t>(next - found.targets.cbegin());
  for (std::size_t i = 0; search.with_attrs && i < used; ++i) add_attr(context, found.attrs[i]);
  return kTrue;
}

}  // namespace carillon::registrar
