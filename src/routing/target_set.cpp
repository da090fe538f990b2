// SPDX-License-Identifier: Apache-2.0
// See target_set.h.
#include "routing/target_set.h"

#include <algorithm>

namespace carillon::routing {

std::vector<TargetSet> group_by_q(const TargetSet& targets) {
  TargetSet sorted = targets;
  const auto q_of = [](const RequestTarget& target) { return target.q.value_or(1000); };
  std::ranges::stable_sort(sorted, std::ranges::greater{}, q_of);
  std::vector<TargetSet> groups;
  for (const RequestTarget& target : sorted) {
    if (groups.empty() || q_of(groups.back().front()) != q_of(target)) groups.emplace_back();
    groups.back().push_back(target);
  }
  return groups;
}

}  // namespace carillon::routing
