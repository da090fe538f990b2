// SPDX-License-Identifier: Apache-2.0
// See target_set.h.
#include "routing/target_set.h"

#include <algorithm>

namespace carillon::routing {

script::Value find_attribute(const BranchAttribute* list, std::string_view name) {
  for (; list != nullptr; list = list->next) {
    if (list->name == name) return list->value;
  }
  return script::Value::null();
}

namespace {

// Puts a copy of one attribute in front of `rest`.
const BranchAttribute* prepend(std::string_view name, const script::Value& value, const BranchAttribute* rest,
                               base::Arena& arena) {
  using script::Value;
  const std::string_view text = arena.copy(value.as_text());
  const Value kept = !value.has_text()     ? value
                     : value.has_integer() ? Value::both(text, value.as_integer())
                                           : Value::text(text);
  return arena.make<BranchAttribute>(BranchAttribute{arena.copy(name), kept, rest});
}

}  // namespace

const BranchAttribute* set_attribute(const BranchAttribute* list, std::string_view name, const script::Value& value,
                                     base::Arena& arena) {
  const BranchAttribute* made = nullptr;
  for (; list != nullptr; list = list->next) {
    if (list->name != name) made = arena.make<BranchAttribute>(BranchAttribute{list->name, list->value, made});
  }
  return value.is_null() ? made : prepend(name, value, made, arena);
}

const BranchAttribute* copy_attributes(const BranchAttribute* list, base::Arena& arena) {
  const BranchAttribute* made = nullptr;
  for (; list != nullptr; list = list->next) made = prepend(list->name, list->value, made, arena);
  return made;
}

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
