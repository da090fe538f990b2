// SPDX-License-Identifier: Apache-2.0
// lookup(): from an AoR to the branches that reach its contacts.
#include <algorithm>
#include <span>

#include "modules/registrar/registrar.h"
#include "routing/proxy.h"

namespace carillon::registrar {
namespace {

using module::kFalse;
using module::kTrue;
using routing::RequestTarget;
using routing::TargetSet;

constexpr int kNoMethod = -2;
constexpr int kInternalError = -3;

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

// Of one AoR the contacts that will do, best first.
struct Found {
  TargetSet targets;
  bool other_methods = false;  // some contact doesn't take the method
};

void add_contacts(RouteContext& context, const usrloc::AorRecord& record, const LookupFlags& flags, Found& found) {
  const std::int64_t now = context.proxy().clock().unix_seconds();
  const std::uint32_t method = usrloc::method_bit(context.message().method_name());
  for (const usrloc::Contact& contact : record) {
    if (!contact.is_valid_at(now)) continue;
    if (flags.method_filtering && (contact.methods() & method) == 0) {
      found.other_methods = true;
      continue;
    }
    if (flags.user_agent && !flags.user_agent->matches(contact.user_agent()).value_or(false)) continue;
    if (found.targets.size() > routing::kMaxBranches) return;
    found.targets.push_back(target_of(context, contact));
  }
}

// Branches beyond the limit are left out.
void append(TargetSet& targets, std::span<const RequestTarget> more) {
  const std::size_t room = routing::kMaxBranches + 1 - std::min(targets.size(), routing::kMaxBranches + 1);
  for (const RequestTarget& target : more.first(std::min(more.size(), room))) targets.push_back(target);
}

}  // namespace

Verdict Registrar::lookup(RouteContext& context, Constant<DomainName> domain, std::optional<Parsed<LookupFlags>> flags,
                          std::optional<std::string_view> aor) {
  static const LookupFlags kNoFlags;
  const LookupFlags& wanted = flags ? **flags : kNoFlags;
  const usrloc::LocationTable& table = *domain->domain->table;
  const auto find = [&](std::string_view uri, Found& found) {
    const auto name = aor_of(uri);
    if (!name) return false;
    table.read(*name, [&](const usrloc::AorRecord& record) { add_contacts(context, record, wanted, found); });
    return true;
  };
  TargetSet& targets = context.decision.targets;
  Found found;
  if (!find(aor.value_or(context.request_target().uri), found)) return kInternalError;

  // AoRs among the branches make way for their contacts.
  TargetSet branches(targets.begin() + 1, targets.end());
  bool any_branch = false;
  if (wanted.branch && !wanted.no_branches) {
    TargetSet expanded;
    for (const RequestTarget& branch : branches) {
      Found of_branch;
      const bool is_aor = find(branch.uri, of_branch) && !of_branch.targets.empty();
      any_branch = any_branch || is_aor;
      if (is_aor) {
        append(expanded, of_branch.targets);
      } else {
        append(expanded, {&branch, 1});
      }
    }
    branches = std::move(expanded);
  }
  if (found.targets.empty() && !any_branch) return found.other_methods ? Verdict(kNoMethod) : kFalse;

  targets.resize(1);
  append(targets, branches);
  std::span<const RequestTarget> rest(found.targets);
  if (!rest.empty() && !wanted.to_branches_only) {
    context.request_target() = rest.front();
    rest = rest.subspan(1);
  }
  if (!wanted.no_branches) append(targets, rest);
  return kTrue;
}

}  // namespace carillon::registrar
