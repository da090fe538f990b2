// SPDX-License-Identifier: Apache-2.0
// signaling: replies by the transaction if there is one, statelessly otherwise.
#include "module/module.h"
#include "routing/proxy.h"

namespace carillon::signaling {
namespace {

using namespace module;

class Signaling final : public Module {
 public:
  Verdict send_reply(RouteContext& context, int code, std::string_view reason) {
    if (code < 100 || code > 699) return kFalse;
    return Verdict::of(context.proxy().reply(context, {.status = code, .reason = reason}));
  }

  script::Value local_to_tag(RouteContext& context, const script::VariableRef& /*ref*/) {
    return script::Value::text(context.proxy().local_to_tag(context));
  }
};

constexpr auto kFunctions = std::to_array({
    function<&Signaling::send_reply>("send_reply", {"code", "reason"}, kRequest | kFailure | kError,
                                     "Answers the request, statefully if it has a transaction."),
});

constexpr auto kVariables = std::to_array({
    variable<&Signaling::local_to_tag>("sig_local_totag", "The To tag of our own replies to this request."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "signaling",
    .documentation = "Replies, stateful where there is a transaction.",
    .functions = kFunctions,
    .variables = kVariables,
    .create = &create<Signaling>,
};

}  // namespace carillon::signaling
