// SPDX-License-Identifier: Apache-2.0
// path: Path headers for registrations that pass through here (RFC 3327), and the way back. The headers are made in
// routing/path.
#include <fmt/format.h>

#include "base/log.h"
#include "module/module.h"
#include "module/services.h"
#include "module/user_uri.h"
#include "routing/path.h"
#include "routing/proxy.h"
#include "routing/route_listener.h"
#include "routing/settings.h"

namespace carillon::path {
namespace {

using namespace module;

class Path final : public Module, private routing::RouteListener {
 public:
  base::Result<> start(Services& services) override {
    if (use_received) services.proxy_settings.route_listeners.push_back(this);
    return {};
  }

  Verdict add_path(RouteContext& context, std::optional<std::string_view> user) {
    return add(context, "add_path", user.value_or(""), false);
  }
  Verdict add_path_received(RouteContext& context, std::optional<std::string_view> user) {
    return add(context, "add_path_received", user.value_or(""), true);
  }

  bool use_received = false;
  bool enable_double_path = true;

 private:
  Verdict add(RouteContext& context, std::string_view function, std::string_view user, bool received) const {
    if (context.decision.path) {
      log::error("{}(): this request gets a Path already", function);
      return kFalse;
    }
    if (!user.empty() && !module::is_request_uri(fmt::format("sip:{}@localhost", user))) {
      log::error("{}(): '{}' is no user part of a URI", function, user);
      return kFalse;
    }
    context.decision.path =
        routing::PathWish{.user = std::string(user), .received = received, .double_path = enable_double_path};
    return kTrue;
  }

  void on_route(RouteContext& context) override { go_where_it_came_from(context); }
  void on_preloaded_route(RouteContext& context) override { go_where_it_came_from(context); }

  // The registrar has made a Route of our Path: what the entries that loose_route() took off say of the sender is the
  // next hop.
  static void go_where_it_came_from(RouteContext& context) {
    const sip::Message& message = context.message();
    for (const sip::ListItem& item : message.items(sip::HeaderId::Route)) {
      if (!context.decision.edits.covers(message.span(item.value))) return;
      const auto hop = sip::NameAddr::parse(item.value);
      const auto uri = hop ? hop->uri() : base::fail("no hop");
      if (!uri) return;
      if (const auto received = routing::received_by_hop(*uri)) {
        if (!received->empty()) context.request_target().destination = context.keep(*received);
        return;
      }
      if (!uri->param("r2")) return;
    }
  }
};

constexpr auto kParameters = std::to_array({
    parameter<&Path::use_received>("use_received",
                                   "1: loose_route() sends to what add_path_received() has noted in the Route."),
    parameter<&Path::enable_double_path>("enable_double_path",
                                         "Two headers when socket or protocol change on the way."),
});

constexpr auto kFunctions = std::to_array({
    function<&Path::add_path>("add_path", {"user"}, kRequest,
                              "Adds a Path with our address when the request is sent; false when it has one already."),
    function<&Path::add_path_received>("add_path_received", {"user"}, kRequest,
                                       "The same with the address that the request came from, as \";received=\"."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "path",
    .documentation = "Path: requests to contacts registered through this proxy come back through it.",
    .parameters = kParameters,
    .functions = kFunctions,
    .create = &create<Path>,
};

}  // namespace carillon::path
