// SPDX-License-Identifier: Apache-2.0
// script_helper: what every script does with initial and sequential requests, done before the script.
#include "module/module.h"
#include "base/log.h"
#include "module/registry.h"
#include "modules/dialog/api.h"
#include "routing/proxy.h"
#include "routing/record_route.h"
#include "routing/request_prelude.h"
#include "routing/settings.h"

namespace carillon::script_helper {
namespace {

using namespace module;
using script::End;
using script::Outcome;
using sip::Method;

class ScriptHelper final : public Module, private routing::RequestPrelude {
 public:
  using Uses = Optional<dialog::DialogService>;

  base::Result<> start(Services& services) override {
    if (use_dialog) {
      dialogs_ = services.find<dialog::DialogService>();
      if (dialogs_ == nullptr) return base::fail("use_dialog needs the module dialog");
      const auto flags = dialog::CreateFlags::parse(create_dialog_flags);
      if (!flags) return base::fail("create_dialog_flags: " + flags.error().message);
      flags_ = flags->flags;
    }
    services.proxy_settings.prelude = this;
    return {};
  }

  bool use_dialog = false;
  std::string create_dialog_flags;
  std::string sequential_route;

 private:
  // An initial request goes to the script with its Record-Route; one inside a dialog doesn't.
  bool before_script(RouteContext& context) override {
    const sip::Message& message = context.message();
    if (!message.to_tag().empty()) return true;
    const Method method = message.method();
    const bool makes_no_dialog =
        method == Method::Register || method == Method::Message || method == Method::Ack || method == Method::Cancel;
    if (!makes_no_dialog) routing::record_route(context, {});
    if (dialogs_ != nullptr && method == Method::Invite && dialogs_->create(context, flags_) == nullptr) {
      log::error("script_helper: no dialog for the call {}", message.call_id());
    }
    return false;
  }

  base::Task<Outcome> serve(RouteContext& context) override {
    if (!routing::loose_route(context)) {
      // An ACK may belong to an answer that a proxy in front of us has seen and we have not made.
      if (context.message().method() != Method::Ack) {
        context.proxy().reply_statelessly(context, {.status = 404, .reason = "Not here"});
        co_return Outcome{};
      }
      if (context.matched() == nullptr) co_return Outcome{};
    } else if (!sequential_route.empty()) {
      const Outcome outcome = co_await run_sequential_route(context);
      if (outcome.end != End::Returned) co_return outcome;
    }
    routing::RelayOptions options;
    const int code = co_await context.proxy().relay(context, options);
    if (code < 0) context.proxy().reply(context, {.status = 500, .reason = "Internal Server Error"});
    co_return Outcome{};
  }

  base::Task<Outcome> run_sequential_route(RouteContext& context) {
    const auto route = context.program->find_route(script::RouteKind::Request, sequential_route);
    if (!route) {
      log::error("script_helper: there is no route[{}]", sequential_route);
      co_return Outcome{};
    }
    co_return co_await context.proxy().runs().run(context, context.program, *route);
  }

  dialog::DialogService* dialogs_ = nullptr;
  std::uint32_t flags_ = 0;
};

constexpr auto kParameters = std::to_array({
    parameter<&ScriptHelper::use_dialog>("use_dialog", "1: every INVITE makes a dialog, as create_dialog() does."),
    parameter<&ScriptHelper::create_dialog_flags>("create_dialog_flags", "The flags of create_dialog()."),
    parameter<&ScriptHelper::sequential_route>(
        "sequential_route", "A route that runs before a request inside a dialog is relayed; exit in it: it isn't."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "script_helper",
    .documentation = "Record-Route for initial requests and relaying of all others, before the script.",
    .parameters = kParameters,
    .create = &create<ScriptHelper>,
};

}  // namespace carillon::script_helper
