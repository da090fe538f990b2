// SPDX-License-Identifier: Apache-2.0
// rr: Record-Route and loose routing. The work is done in routing/record_route.
#include "module/module.h"
#include "base/strings.h"
#include "module/services.h"
#include "routing/record_route.h"
#include "routing/settings.h"

namespace carillon::rr {
namespace {

using namespace module;

struct DirectionName {
  routing::Direction direction;
  static base::Result<DirectionName> parse(std::string_view text) {
    if (base::iequals(text, "downstream")) return DirectionName{routing::Direction::Downstream};
    if (base::iequals(text, "upstream")) return DirectionName{routing::Direction::Upstream};
    return base::fail("must be \"upstream\" or \"downstream\"");
  }
};

class Rr final : public Module {
 public:
  base::Result<> start(Services& services) override {
    services.proxy_settings.append_fromtag = append_fromtag;
    services.proxy_settings.double_record_route = enable_double_rr;
    services.proxy_settings.record_route_username = add_username;
    services.proxy_settings.ignored_route_user = ignore_user;
    return {};
  }

  Verdict loose_route(RouteContext& context) { return Verdict::of(routing::loose_route(context)); }

  Verdict record_route(RouteContext& context, std::optional<std::string_view> params) {
    return Verdict::of(routing::record_route(context, params.value_or("")));
  }

  Verdict record_route_preset(RouteContext& context, std::string_view address,
                              std::optional<std::string_view> inbound) {
    return Verdict::of(routing::record_route_preset(context, address, inbound.value_or("")));
  }

  Verdict add_rr_param(RouteContext& context, std::string_view param) {
    if (param.find_first_of("\r\n<>") != std::string_view::npos) return kFalse;
    if (!param.starts_with(';')) context.decision.record_route_params += ';';
    context.decision.record_route_params += param;
    return kTrue;
  }

  Verdict check_route_param(RouteContext& context, const Pattern& pattern) {
    if (!context.route.processed) return kFalse;
    return Verdict::of(pattern->matches(context.route.params).value_or(false));
  }

  Verdict is_direction(RouteContext& context, const Parsed<DirectionName>& wanted) {
    return Verdict::of(routing::is_direction(context, wanted->direction));
  }

  script::Value rr_params(RouteContext& context, const script::VariableRef& /*ref*/) {
    if (!context.route.processed || context.route.params.empty()) return script::Value::null();
    return script::Value::text(context.route.params);
  }

  bool append_fromtag = true;
  bool enable_double_rr = true;
  bool add_username = false;
  bool enable_socket_mismatch_warning = true;
  std::string ignore_user;
};

constexpr auto kParameters = std::to_array({
    parameter<&Rr::append_fromtag>("append_fromtag", "Adds ;ftag=, which is_direction() needs."),
    parameter<&Rr::enable_double_rr>("enable_double_rr", "Two headers when socket or protocol change on the way."),
    parameter<&Rr::add_username>("add_username", "Puts the user of the Request-URI into Record-Route."),
    parameter<&Rr::ignore_user>("ignore_user", "A Route with this user is not taken for ours."),
    parameter<&Rr::enable_socket_mismatch_warning>("enable_socket_mismatch_warning",
                                                   "Accepted; the socket is chosen by the Route itself."),
});

constexpr auto kFunctions = std::to_array({
    function<&Rr::loose_route>("loose_route", kRequest,
                               "Acts on the Route headers: removes ours and sets the next hop. False without any."),
    function<&Rr::record_route>("record_route", {"params"}, kRequest | kFailure | kBranch,
                                "Adds a Record-Route when the request is sent; false when there is one already."),
    function<&Rr::record_route_preset>("record_route_preset", {"address", "inbound_address"},
                                       kRequest | kFailure | kBranch,
                                       "Adds a Record-Route with the given host:port instead of ours."),
    function<&Rr::add_rr_param>("add_rr_param", {"param"}, kRequest | kFailure | kBranch,
                                "Adds a parameter to the Record-Route, before or after record_route()."),
    function<&Rr::check_route_param>("check_route_param", {"pattern"}, kRequest,
                                     "Whether the parameters of the Route just consumed match."),
    function<&Rr::is_direction>("is_direction", {"direction"}, kRequest,
                                "\"downstream\": from the caller; \"upstream\": from the callee."),
});

constexpr auto kVariables = std::to_array({
    variable<&Rr::rr_params>("rr_params", "The parameters of the Route that loose_route() consumed."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "rr",
    .documentation = "Record-Route and loose routing.",
    .parameters = kParameters,
    .functions = kFunctions,
    .variables = kVariables,
    .create = &create<Rr>,
};

}  // namespace carillon::rr
