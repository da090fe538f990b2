// SPDX-License-Identifier: Apache-2.0
// Requests inside a dialog: which one they belong to, and whether they fit. See dialogs.h.
#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "modules/dialog/dialogs.h"
#include "routing/proxy.h"
#include "sip/edit_list.h"
#include "sip/list.h"
#include "sip/rack.h"

namespace carillon::dialog {

using namespace module;

namespace {

// The leg that a request with these tags goes to; null when it isn't one of the dialog's. Only before the answer are
// there several of callees.
Leg* target_of(Dialog& dialog, std::string_view from, std::string_view to) {
  if (from == dialog.caller.tag) {
    if (!dialog.callee.tag.empty()) return dialog.callee.tag == to ? &dialog.callee : nullptr;
    const auto early = std::ranges::find(dialog.early, to, &Leg::tag);
    return early != dialog.early.end() ? &*early : nullptr;
  }
  if (to != dialog.caller.tag) return nullptr;
  const bool from_callee = !dialog.callee.tag.empty()
                               ? dialog.callee.tag == from
                               : std::ranges::find(dialog.early, from, &Leg::tag) != dialog.early.end();
  return from_callee ? &dialog.caller : nullptr;
}

// The cookie in the Request-URI or in the topmost Route: loose_route() has not been there.
std::string_view cookie_in(const sip::Message& message, std::string_view param) {
  const auto& target = message.request_uri();
  if (target) {
    if (const auto cookie = target->param(param)) return *cookie;
  }
  for (const sip::ListItem item : message.items(sip::HeaderId::Route)) {
    const auto address = sip::NameAddr::parse(item.value);
    const auto uri = address ? address->uri() : base::fail("unreadable");
    return uri ? uri->param(param).value_or("") : std::string_view{};
  }
  return {};
}

// The Route entries that will still be there when the request is sent.
std::vector<std::string_view> routes_left(const RouteContext& context) {
  std::vector<std::string_view> left;
  for (const sip::ListItem item : context.message().items(sip::HeaderId::Route)) {
    if (!context.decision.edits.covers(context.message().span(item.value))) left.push_back(item.value);
  }
  return left;
}

bool same_uri(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto first = sip::Uri::parse(a);
  const auto second = sip::Uri::parse(b);
  return first && second && sip::equivalent(*first, *second);
}

bool same_entry(std::string_view a, std::string_view b) {
  const auto first = sip::NameAddr::parse(a);
  const auto second = sip::NameAddr::parse(b);
  return first && second && same_uri(first->uri_text, second->uri_text);
}

}  // namespace

void Dialogs::on_route(RouteContext& context) {
  match(context, match_mode_, sip::Params(context.route.params).find(rr_param).value_or(""));
}

Verdict Dialogs::match_dialog(RouteContext& context, const std::optional<Parsed<MatchModeName>>& mode) {
  const MatchMode wanted = mode ? (*mode)->mode : match_mode_;
  std::string_view cookie;
  if (context.route.processed) cookie = sip::Params(context.route.params).find(rr_param).value_or("");
  if (cookie.empty()) cookie = cookie_in(context.message(), rr_param);
  return Verdict::of(match(context, wanted, cookie));
}

bool Dialogs::match(RouteContext& context, MatchMode mode, std::string_view cookie) {
  const sip::Message& message = context.message();
  if (!message.is_request() || message.to_tag().empty() || message.method() == sip::Method::Cancel) return false;
  const DialogUse* known = find_use(context);
  if (known != nullptr && known->dialog() != nullptr && known->role() == DialogUse::Role::Member) return true;
  Dialog* dialog = find_match(context, mode, cookie);
  if (dialog == nullptr) return false;
  Leg& target = *target_of(*dialog, message.from_tag(), message.to_tag());
  on_matched(*dialog, target, &target == &dialog->caller ? Side::Caller : Side::Callee, context);
  return true;
}

Dialog* Dialogs::find_match(RouteContext& context, MatchMode mode, std::string_view cookie) {
  const sip::Message& message = context.message();
  const DialogTable& table = tables_[context.proxy().shard()];
  if (mode != MatchMode::DidNone && !cookie.empty()) {
    const auto id = DialogId::from_cookie(cookie);
    Dialog* dialog = id ? table.find(*id) : nullptr;
    // A cookie is only a hint: anybody may write one.
    if (dialog != nullptr && dialog->call_id == message.call_id() &&
        target_of(*dialog, message.from_tag(), message.to_tag()) != nullptr) {
      return dialog;
    }
  }
  if (mode == MatchMode::DidOnly) return nullptr;
  Dialog* ended = nullptr;
  for (Dialog* one = table.find(message.call_id()); one != nullptr; one = DialogTable::next(*one)) {
    if (target_of(*one, message.from_tag(), message.to_tag()) == nullptr) continue;
    if (one->state != State::Ended) return one;
    ended = one;
  }
  return ended;
}

void Dialogs::on_matched(Dialog& dialog, Leg& target, Side to, RouteContext& context) {
  auto made = std::make_unique<DialogUse>(dialog, DialogUse::Role::Member, to);
  DialogUse& use = *made;
  context.transaction_observers().push_back(std::move(made));
  const sip::Method method = context.message().method();
  if (method == sip::Method::Ack) {
    if (target.invite_shift != 0) renumber(context, target.invite_shift);
    if (dialog.state != State::Answered || to != Side::Callee) return;
    change_state(dialog, State::Confirmed);
    for (const auto& observer : dialog.observers) observer->on_confirmed(dialog);
    save(dialog);
    return;
  }
  const std::uint32_t cseq = context.message().cseq().number;
  use.out_of_order = cseq <= target.cseq;
  if (target.shift != 0) renumber(context, target.shift);
  if (method == sip::Method::Prack && target.invite_shift != 0) {
    sip::move_rack(context.decision.edits, context.message(), target.invite_shift);
  }
  if (dialog.state == State::Ended) return;
  if (method == sip::Method::Invite) target.invite_shift = target.shift;
  if (!use.out_of_order) target.cseq = cseq;
  for (const auto& observer : dialog.observers) observer->on_request(dialog, context);
  if (method == sip::Method::Bye && dialog.is_answered()) {
    use.is_end = true;
    finish(dialog, to == Side::Callee ? EndReason::DownstreamBye : EndReason::UpstreamBye, &context);
  } else if (!use.out_of_order && dialog.is_answered()) {
    save(dialog);
  }
}

// We have sent requests of our own in the same numbering: those of the sender move up.
void Dialogs::renumber(RouteContext& context, std::uint32_t shift) {
  const sip::CSeq& cseq = context.message().cseq();
  sip::set_header(context.decision.edits, context.message(), sip::HeaderId::CSeq,
                  fmt::format("{} {}", cseq.number + shift, cseq.method_name));
}

namespace {

// The leg that the request of the run goes to; null when the run is about none.
Leg* leg_of(const RouteContext& context, const DialogUse* use) {
  if (use == nullptr || use->dialog() == nullptr) return nullptr;
  if (use->is_creator()) return &use->dialog()->callee;
  if (use->role() != DialogUse::Role::Member) return nullptr;
  return target_of(*use->dialog(), context.message().from_tag(), context.message().to_tag());
}

}  // namespace

std::optional<std::uint32_t> Dialogs::count_on(RouteContext& context) {
  const DialogUse* use = find_use(context);
  Leg* leg = leg_of(context, use);
  if (leg == nullptr || use->dialog()->state == State::Ended) return std::nullopt;
  ++leg->shift;
  leg->generated_cseq = std::max(leg->generated_cseq, leg->cseq + leg->shift);
  if (context.message().method() == sip::Method::Invite) leg->invite_shift = leg->shift;
  touch(*use->dialog());
  return leg->shift;
}

bool Dialogs::moves_cseq(RouteContext& context) {
  const DialogUse* use = find_use(context);
  const Leg* leg = leg_of(context, use);
  return leg != nullptr && !use->is_creator() && (leg->shift != 0 || leg->invite_shift != 0);
}

Verdict Dialogs::validate_dialog(RouteContext& context) {
  constexpr int kBadCSeq = -1;
  constexpr int kBadTarget = -2;
  constexpr int kBadRouteSet = -3;
  constexpr int kOther = -4;
  const DialogUse* use = find_use(context);
  if (use == nullptr || use->dialog() == nullptr || use->role() != DialogUse::Role::Member) return kOther;
  const Dialog& dialog = *use->dialog();
  const sip::Method method = context.message().method();
  if (use->out_of_order && method != sip::Method::Ack) return kBadCSeq;
  // Of an early dialog the legs are many and their routes may still change.
  if (dialog.callee.tag.empty()) return kTrue;
  const Leg& target = dialog.leg(use->to());
  if (!target.contact.empty() && !same_uri(context.request_target().uri, target.contact)) return kBadTarget;
  const std::vector<std::string_view> left = routes_left(context);
  std::size_t at = 0;
  for (const std::string_view expected : sip::CommaList(target.route_set)) {
    if (at >= left.size() || !same_entry(left[at++], expected)) return kBadRouteSet;
  }
  return at == left.size() ? kTrue : Verdict(kBadRouteSet);
}

Verdict Dialogs::fix_route_dialog(RouteContext& context) {
  const DialogUse* use = find_use(context);
  if (use == nullptr || use->dialog() == nullptr || use->dialog()->callee.tag.empty()) return kFalse;
  const Leg& target = use->dialog()->leg(use->to());
  if (target.contact.empty()) return kFalse;
  for (const sip::ListItem item : context.message().items(sip::HeaderId::Route)) {
    sip::remove_item(context.decision.edits, context.message(), item);
  }
  context.set_request_uri(target.contact);
  context.request_target().destination = {};
  if (target.route_set.empty()) return kTrue;
  sip::append_header(context.decision.edits, context.message(), fmt::format("Route: {}\r\n", target.route_set));
  const auto first = sip::NameAddr::parse(*sip::CommaList(target.route_set).begin());
  if (first) context.request_target().destination = context.keep(first->uri_text);
  return kTrue;
}

}  // namespace carillon::dialog
