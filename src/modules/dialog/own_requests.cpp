// SPDX-License-Identifier: Apache-2.0
// Requests of our own inside a dialog: BYEs to both sides, dlg_send_sequential(). See dialogs.h.
#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/strings.h"
#include "modules/dialog/dialogs.h"
#include "routing/proxy.h"
#include "sip/header_lines.h"
#include "sip/list.h"
#include "sip/name_addr.h"

namespace carillon::dialog {

using namespace module;
using routing::OwnAnswer;
using routing::OwnRequest;

namespace {

struct RouteSet {
  std::string first;  // its URI; empty: there is no route set
  bool loose = false;
  std::string rest;  // the value of a Route header without the first entry
};

RouteSet read_route_set(std::string_view text) {
  RouteSet set;
  for (const std::string_view value : sip::CommaList(text)) {
    if (!set.first.empty()) {
      if (!set.rest.empty()) set.rest += ',';
      set.rest += value;
      continue;
    }
    const auto address = sip::NameAddr::parse(value);
    const auto uri = address ? address->uri() : base::fail("unreadable");
    if (!uri) return {};
    set.first = address->uri_text;
    set.loose = uri->is_loose_router();
  }
  return set;
}

std::string_view first_of(const std::string& preferred, const std::string& otherwise) {
  return preferred.empty() ? otherwise : preferred;
}

}  // namespace

// RFC 3261 section 12.2.1.1, on behalf of the other side: its tag, URI and CSeq numbers.
OwnRequest Dialogs::request_in(Dialog& dialog, Side to, std::string_view method) const {
  Leg& leg = dialog.leg(to);
  const Leg& from = dialog.leg(other(to));
  const bool down = to == Side::Callee;
  const std::string_view caller_uri = down ? first_of(dialog.mangled_from_uri, dialog.from_uri) : dialog.from_uri;
  const std::string_view callee_uri = down ? first_of(dialog.mangled_to_uri, dialog.to_uri) : dialog.to_uri;

  const std::uint32_t cseq = std::max(leg.cseq + leg.shift, leg.generated_cseq) + 1;
  leg.generated_cseq = cseq;
  leg.shift = cseq - leg.cseq;

  OwnRequest request{.method = std::string(method), .in_dialog = true};
  const std::string_view target = first_of(leg.contact, down ? dialog.to_uri : dialog.from_uri);
  const RouteSet routes = read_route_set(leg.route_set);
  request.request_uri = target;
  if (!routes.first.empty() && routes.loose) {
    request.headers += fmt::format("Route: {}\r\n", leg.route_set);
    request.next_hop = routes.first;
  } else if (!routes.first.empty()) {
    request.request_uri = routes.first;
    request.headers += fmt::format("Route: {}{}<{}>\r\n", routes.rest, routes.rest.empty() ? "" : ",", target);
  }
  request.headers += fmt::format("From: <{}>;tag={}\r\nTo: <{}>;tag={}\r\nCall-ID: {}\r\nCSeq: {} {}\r\n",
                                 down ? caller_uri : callee_uri, from.tag, down ? callee_uri : caller_uri, leg.tag,
                                 dialog.call_id, cseq, method);
  if (method != "BYE" && !from.contact.empty()) request.headers += fmt::format("Contact: <{}>\r\n", from.contact);
  request.headers += dlg_extra_hdrs;
  request.socket = leg.socket;
  request.observers.push_back(std::make_unique<DialogUse>(dialog, DialogUse::Role::Member, to));
  return request;
}

void Dialogs::send_byes(Dialog& dialog, const std::string& headers) {
  const auto program = services_->proxies->program_in(dialog.home());
  for (const Side to : {Side::Caller, Side::Callee}) {
    if (dialog.leg(to).tag.empty()) continue;
    OwnRequest bye = request_in(dialog, to, "BYE");
    bye.headers += headers;
    dialog.home().start(routing::send_own_request(proxy_of(dialog), program, std::move(bye)),
                        [id = dialog.id.packed()](const base::Result<OwnAnswer>& answer) {
                          if (!answer) log::info("dialog {}: BYE: {}", id, answer.error().message);
                        });
  }
}

// --- pings -----------------------------------------------------------------------------------------------------------

void Dialogs::start_pings(Dialog& dialog) {
  const bool wanted = (dialog.flags & (kPingCaller | kPingCallee)) != 0 && dialog.options_interval != 0;
  if (!wanted) return;
  dialog.ping_timer_.reset(new shard::Timer(shard::Timer::calling<&Dialog::on_ping_timer>(&dialog)));
  const base::TimePoint due = services_->clock.now() + std::chrono::seconds(dialog.options_interval);
  dialog.home().wheel().schedule(*dialog.ping_timer_, due);
}

void Dialogs::on_ping_timer(Dialog& dialog) {
  const DialogUse hold(dialog, DialogUse::Role::Hold);
  // First, as a ping that fails at once ends the dialog, and the timer with it.
  dialog.home().schedule(*dialog.ping_timer_, std::chrono::seconds(std::max(dialog.options_interval, 1U)));
  const std::uint32_t flags = dialog.flags;
  if ((flags & kPingCaller) != 0) ping(dialog, Side::Caller);
  if ((flags & kPingCallee) != 0) ping(dialog, Side::Callee);
}

// A side that doesn't answer, or knows nothing of the call, is gone.
void Dialogs::ping(Dialog& dialog, Side to) {
  constexpr int kTimeout = 408;
  constexpr int kNoSuchDialog = 481;
  if (!dialog.is_answered()) return;
  dialog.home().start(send_in(dialog, to, {.method = "OPTIONS", .content_type = {}, .body = {}, .headers = {}}),
                      [this, to, id = dialog.id, home = &dialog.home()](const base::Result<OwnAnswer>& answer) {
                        const int status = answer ? answer->status : kTimeout;
                        Dialog* pinged = tables_[*home].find(id);
                        if (pinged == nullptr || !pinged->is_answered()) return;
                        if (status != kTimeout && status != kNoSuchDialog) return;
                        end(*pinged, to == Side::Caller ? EndReason::CallerPingTimeout : EndReason::CalleePingTimeout,
                            {});
                      });
}

base::Task<base::Result<OwnAnswer>> Dialogs::send_in(Dialog& dialog, Side to, Sequential what) {
  const DialogUse hold(dialog, DialogUse::Role::Hold);
  if (!dialog.is_answered()) co_return base::fail("Dialog is not established", 400);
  OwnRequest request = request_in(dialog, to, what.method);
  if (!what.content_type.empty()) request.headers += fmt::format("Content-Type: {}\r\n", what.content_type);
  request.headers += what.headers;
  request.body = std::move(what.body);
  if (what.method == "INVITE") dialog.leg(to).invite_shift = dialog.leg(to).shift;
  save(dialog);
  auto program = services_->proxies->program_in(dialog.home());
  co_return co_await routing::send_own_request(proxy_of(dialog), std::move(program), std::move(request));
}

base::Task<Verdict> Dialogs::dlg_send_sequential(RouteContext& context, std::string_view method, std::string_view leg,
                                                 Optional body, Optional content_type, Optional headers) {
  Dialog* dialog = current(context);
  const bool to_caller = base::iequals(leg, "caller");
  if (dialog == nullptr || dialog->is_copy || (!to_caller && !base::iequals(leg, "callee"))) co_return kFalse;
  Sequential what{.method = std::string(method),
                  .content_type = std::string(content_type.value_or("")),
                  .body = std::string(body.value_or("")),
                  .headers = std::string(headers.value_or(""))};
  if (!what.headers.empty() && !what.headers.ends_with("\r\n")) what.headers += "\r\n";
  if (!what.headers.empty() && !sip::are_header_lines(what.headers)) co_return kFalse;
  // Nobody waits for the answer: the script goes on.
  dialog->home().start(send_in(*dialog, to_caller ? Side::Caller : Side::Callee, std::move(what)),
                       [](const base::Result<OwnAnswer>& answer) {
                         if (!answer) log::warning("dlg_send_sequential: {}", answer.error().message);
                       });
  co_return kTrue;
}

}  // namespace carillon::dialog
