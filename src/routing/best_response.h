// SPDX-License-Identifier: Apache-2.0
// Which of the branches' final responses goes to the caller (RFC 3261 section 16.7 step 6), in OpenSIPS's order.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "routing/proxy_transaction.h"

namespace carillon::routing {

// Lower is better: 2xx; 487 when the caller cancelled; 6xx; 3xx; 401, 407, 415, 420, 484; other 4xx; 5xx; 408; 503.
// Lower codes win inside a class.
[[nodiscard]] int rank(int status, bool cancelled);

// The branch whose final response wins; null when there is none.
[[nodiscard]] Branch* best_branch(std::span<const std::unique_ptr<Branch>> branches, bool cancelled);

// The challenges of the other branches' 401 and 407 responses, to be added to a 401 or 407 that won: complete header
// lines (RFC 3261 section 16.7 step 7; OpenSIPS forwards only the winner's). `last_set`: the end of `branches`; what
// the branches before it were challenged with is of no use any more where the same realm asks again there, as a server
// does that was sent credentials of ours.
[[nodiscard]] std::vector<std::string> other_challenges(std::span<const std::unique_ptr<Branch>> branches,
                                                        std::span<const std::unique_ptr<Branch>> last_set,
                                                        const Branch& best);

}  // namespace carillon::routing
