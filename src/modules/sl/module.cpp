// SPDX-License-Identifier: Apache-2.0
// sl: stateless replies. What it sends is made by routing::Proxy; the ACKs come back to the transaction layer.
#include "module/module.h"
#include "routing/proxy.h"

namespace carillon::sl {
namespace {

using namespace module;

class Sl final : public Module {
 public:
  Verdict sl_send_reply(RouteContext& context, int code, std::string_view reason) {
    if (code < 100 || code > 699) return kFalse;
    routing::Proxy& proxy = context.proxy();
    const routing::Reply reply{.status = code, .reason = reason};
    // An error_route on the way back: the request has a transaction, which would answer too.
    if (context.kind() == script::RouteKind::Failure) return Verdict::of(proxy.reply(context, reply));
    return Verdict::of(proxy.reply_statelessly(context, reply));
  }

  // What stopped the script is in $err; without anything there the fault is ours.
  Verdict sl_reply_error(RouteContext& context) {
    const int code = context.error.reply_code != 0 ? context.error.reply_code : 500;
    const std::string_view reason =
        context.error.reply_reason.empty() ? "Server error occurred" : context.error.reply_reason;
    return sl_send_reply(context, code, reason);
  }

  bool enable_stats = true;
};

constexpr auto kParameters = std::to_array({
    parameter<&Sl::enable_stats>("enable_stats", "Accepted; the statistics cost nothing and are always kept."),
});

constexpr auto kFunctions = std::to_array({
    function<&Sl::sl_send_reply>("sl_send_reply", {"code", "reason"}, kRequest | kError,
                                 "Answers the request without a transaction. Its ACK is absorbed."),
    function<&Sl::sl_reply_error>("sl_reply_error", kRequest | kError,
                                  "Answers with the status that fits the last internal error."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "sl",
    .documentation = "Stateless replies.",
    .parameters = kParameters,
    .functions = kFunctions,
    .create = &create<Sl>,
};

}  // namespace carillon::sl
