// SPDX-License-Identifier: Apache-2.0
// The target set of a request (RFC 3261 section 16.5): the Request-URI and the further branches a script asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "script/value.h"
#include "transport/flow.h"

namespace carillon::routing {

// Branches of one transaction at most, per set (OpenSIPS's number).
inline constexpr std::size_t kMaxBranches = 12;
// In all sets together: a failure_route that always finds something new to try comes to an end.
inline constexpr std::size_t kMaxBranchesEver = 240;

// $msg.branch.attr: named values of one target. A list in the message's arena that never changes: who sets a value
// makes a new one, so that targets may be copied as they are.
struct BranchAttribute {
  std::string_view name;
  script::Value value;
  const BranchAttribute* next = nullptr;
};

[[nodiscard]] script::Value find_attribute(const BranchAttribute* list, std::string_view name);
// The list with this value instead of another of the name; NULL takes it out.
[[nodiscard]] const BranchAttribute* set_attribute(const BranchAttribute* list, std::string_view name,
                                                   const script::Value& value, base::Arena& arena);
// The same in another arena.
[[nodiscard]] const BranchAttribute* copy_attributes(const BranchAttribute* list, base::Arena& arena);

// One place the request is to go. Texts live in the message's arena.
struct RequestTarget {
  std::string_view uri = {};            // the Request-URI it will have
  std::string_view destination = {};    // $du: where it is sent instead of to the URI; empty: to the URI
  std::string_view path = {};           // Route entries to push (RFC 3327): "<sip:p1;lr>,<sip:p2;lr>"
  std::optional<std::uint16_t> q = {};  // thousandths
  std::uint32_t flags = 0;              // branch flags
  transport::ListenerId socket = transport::ListenerId::None;  // forced ($socket_out); may be a bond
  const BranchAttribute* attributes = nullptr;
};

// Number 0 is the Request-URI, the others are what append_branch and lookup added, in that order.
using TargetSet = std::vector<RequestTarget>;

// serialize_branches() in the making: the targets grouped by q, best group first; targets of one q keep their order.
[[nodiscard]] std::vector<TargetSet> group_by_q(const TargetSet& targets);

}  // namespace carillon::routing
