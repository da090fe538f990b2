// SPDX-License-Identifier: Apache-2.0
// maxfwd: Max-Forwards (RFC 3261 sections 16.3 step 3 and 16.6 step 3). Without it the proxy core decrements by itself.
#include <algorithm>

#include "module/module.h"
#include "module/services.h"

namespace carillon::maxfwd {
namespace {

using namespace module;

class Maxfwd final : public Module {
 public:
  base::Result<> start(Services& /*services*/) override {
    if (max_limit < 1 || max_limit > 256) return base::fail("max_limit must be between 1 and 256");
    return {};
  }

  // 1: decremented; 2: there was none, added; -1: used up; -2: out of range.
  Verdict mf_process_maxfwd_header(RouteContext& context, int max_value) {
    if (max_value < 0 || max_value > 255) return -2;
    const auto received = context.message().max_forwards();
    if (!received) {
      context.decision.max_forwards = static_cast<std::uint8_t>(max_value);
      return 2;
    }
    if (*received == 0) return -1;
    context.decision.max_forwards = static_cast<std::uint8_t>(std::min(*received - 1, max_limit));
    return kTrue;
  }

  // 1: lower; -1: not; -2: the message has none.
  Verdict is_maxfwd_lt(RouteContext& context, int max_value) {
    const auto received = context.message().max_forwards();
    if (!received) return -2;
    return Verdict::of(*received < max_value);
  }

  int max_limit = 256;
};

constexpr auto kParameters = std::to_array({
    parameter<&Maxfwd::max_limit>("max_limit", "Greatest value that is sent on; 1 to 256."),
});

constexpr auto kFunctions = std::to_array({
    function<&Maxfwd::mf_process_maxfwd_header>(
        "mf_process_maxfwd_header", {"max_value"}, kRequest,
        "Decrements Max-Forwards (1), or adds it with the given value (2); -1 when it has reached 0."),
    function<&Maxfwd::is_maxfwd_lt>("is_maxfwd_lt", {"max_value"}, kRequest | kFailure | kBranch,
                                    "Whether Max-Forwards is below a value; -2 when there is none."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "maxfwd",
    .documentation = "Max-Forwards.",
    .parameters = kParameters,
    .functions = kFunctions,
    .create = &create<Maxfwd>,
};

}  // namespace carillon::maxfwd
