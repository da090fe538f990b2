// SPDX-License-Identifier: Apache-2.0
// The life of a dialog: made by its INVITE, moved on by the answers to it, ended by a BYE, its time or a command. See
// dialogs.h.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "modules/dialog/dialogs.h"
#include "routing/flag_names.h"
#include "routing/identity.h"
#include "routing/proxy.h"
#include "sip/grammar.h"
#include "transport/transport_layer.h"

namespace carillon::dialog {

using script::RouteKind;

namespace {

// Dialogs of one Call-ID at most; whoever looks through them never looks long.
constexpr std::size_t kMaxOfOneCall = 64;
// Branches of one INVITE whose early dialogs are told apart.
constexpr std::size_t kMaxEarly = 24;

// The URI of the first Contact; empty when there is none that can be read.
std::string contact_of(const sip::Message& message) {
  for (const sip::ListItem item : message.items(sip::HeaderId::Contact)) {
    const auto address = sip::NameAddr::parse(item.value);
    if (address && address->uri_text != "*") return std::string(address->uri_text);
    break;
  }
  return {};
}

}  // namespace

// --- the beginning ---------------------------------------------------------------------------------------------------

Dialog* Dialogs::create(RouteContext& context, std::uint32_t flags) {
  if (context.kind() != RouteKind::Request || !context.message().is_request()) return nullptr;
  const sip::Message& invite = context.message();
  if (invite.method() != sip::Method::Invite || !invite.to_tag().empty()) return nullptr;
  const DialogUse* known = find_use(context);
  if (known != nullptr && known->dialog() != nullptr && known->role() != DialogUse::Role::Loaded) {
    known->dialog()->flags |= flags;
    return known->dialog();
  }
  shard::Shard& shard = context.proxy().shard();
  DialogTable& table = tables_[shard];
  if (Dialog* spiral = spiral_of(table, invite)) {
    context.transaction_observers().push_back(std::make_unique<DialogUse>(*spiral, DialogUse::Role::Member));
    if (match_mode_ != MatchMode::DidNone) {
      context.decision.record_route_params += fmt::format(";{}={}", rr_param, spiral->id.cookie());
    }
    return spiral;
  }
  std::size_t of_call = 0;
  for (const Dialog* one = table.find(invite.call_id()); one != nullptr; one = DialogTable::next(*one)) ++of_call;
  if (table.size() >= max_in_shard_ || of_call >= kMaxOfOneCall) {
    log::warning("no dialog for {}: there are too many", invite.call_id());
    return nullptr;
  }

  const std::uint32_t entry = hash_entry(invite.call_id(), static_cast<std::uint32_t>(hash_size));
  DialogId id{entry, table.new_number(shard.id())};
  while (table.find(id) != nullptr || is_elsewhere(id)) id.number = table.new_number(shard.id());
  Dialog& dialog = table.insert(std::make_unique<Dialog>(*this, shard, id, invite.call_id()));
  dialog.from_uri = invite.from().uri_text;
  dialog.to_uri = invite.to().uri_text;
  dialog.caller.tag = invite.from_tag();
  dialog.caller.contact = contact_of(invite);
  dialog.caller.socket = context.flow().listener;
  for (const sip::ListItem item : invite.items(sip::HeaderId::RecordRoute)) {
    if (!dialog.caller.route_set.empty()) dialog.caller.route_set += ',';
    dialog.caller.route_set += item.value;
  }
  dialog.callee.cseq = invite.cseq().number;
  dialog.flags = flags;
  dialog.lifetime = default_timeout;
  dialog.delete_delay = static_cast<std::uint32_t>(delete_delay);
  dialog.options_interval = static_cast<std::uint32_t>(options_ping_interval);
  dialog.reinvite_interval = static_cast<std::uint32_t>(reinvite_ping_interval);
  dialog.created = now_us();
  tracked_dialogs.add();
  context.transaction_observers().push_back(std::make_unique<DialogUse>(dialog, DialogUse::Role::Creator));
  if (match_mode_ != MatchMode::DidNone) {
    context.decision.record_route_params += fmt::format(";{}={}", rr_param, id.cookie());
  }
  for (DialogFollower* follower : followers_) follower->on_created(dialog, context);
  return &dialog;
}

// The same INVITE on its way through us once more.
Dialog* Dialogs::spiral_of(const DialogTable& table, const sip::Message& invite) const {
  for (Dialog* one = table.find(invite.call_id()); one != nullptr; one = DialogTable::next(*one)) {
    const bool waits = one->state == State::Unconfirmed || one->state == State::Early;
    if (waits && one->caller.tag == invite.from_tag() && one->callee.cseq == invite.cseq().number) return one;
  }
  return nullptr;
}

// Our own Via in the response names the socket it was sent from.
transport::ListenerId Dialogs::listener_of(const sip::Via& via) const {
  for (const transport::Listener& listener : services_->transport.listeners()) {
    if (!base::iequals(transport::via_token(listener.protocol), via.transport)) continue;
    const std::uint16_t port = via.port.value_or(transport::default_port(listener.protocol));
    if (listener.port == port && base::iequals(listener.host, via.host)) return listener.id;
  }
  return transport::ListenerId::None;
}

// The route set is that of us, not of the caller: the entries between the callee and the first one of ours, nearest
// first (RFC 3261 section 12.1.2).
Leg Dialogs::leg_from(const sip::Message& response) const {
  Leg leg;
  leg.tag = response.to_tag();
  leg.contact = contact_of(response);
  leg.socket = listener_of(response.top_via());
  for (const sip::ListItem item : response.items(sip::HeaderId::RecordRoute)) {
    const auto address = sip::NameAddr::parse(item.value);
    const auto uri = address ? address->uri() : base::fail("unreadable");
    if (!uri || services_->identity.is_myself(*uri)) break;
    leg.route_set = leg.route_set.empty() ? std::string(item.value) : fmt::format("{},{}", item.value, leg.route_set);
  }
  return leg;
}

// --- answers ---------------------------------------------------------------------------------------------------------

void Dialogs::on_ringing(Dialog& dialog, const sip::Message& response) {
  if (dialog.state != State::Unconfirmed && dialog.state != State::Early) return;
  const bool first = dialog.state == State::Unconfirmed;
  const bool known = std::ranges::find(dialog.early, response.to_tag(), &Leg::tag) != dialog.early.end();
  if (!response.to_tag().empty() && !known && dialog.early.size() < kMaxEarly) {
    dialog.early.push_back(leg_from(response));
    dialog.early.back().take_numbers(dialog.callee);
  }
  if (!first) return;
  change_state(dialog, State::Early);
  for (const auto& observer : dialog.observers) observer->on_early(dialog, response);
}

void Dialogs::on_answer(Dialog& dialog, const sip::Message* response, std::string_view own_tag) {
  if (dialog.state != State::Unconfirmed && dialog.state != State::Early) return;
  Leg leg;
  if (response != nullptr) {
    leg = leg_from(*response);
    if (response->from().uri_text != dialog.from_uri) dialog.mangled_from_uri = response->from().uri_text;
    if (response->to().uri_text != dialog.to_uri) dialog.mangled_to_uri = response->to().uri_text;
  } else {
    leg.tag = own_tag;
  }
  // What an early dialog has counted goes on.
  const auto early = std::ranges::find(dialog.early, leg.tag, &Leg::tag);
  leg.take_numbers(early != dialog.early.end() ? *early : dialog.callee);
  dialog.callee = std::move(leg);
  dialog.early = {};
  dialog.started = now_us();
  if ((dialog.flags & kWasCancelled) != 0 && (dialog.flags & kEndOnRace) != 0) {
    dialog.flags |= kRaceHappened;
    dialog.lifetime = race_condition_timeout;
  }
  processed_dialogs.add();
  change_state(dialog, State::Answered);
  schedule_lifetime(dialog, dialog.lifetime);
  for (const auto& observer : dialog.observers) observer->on_answered(dialog, response);
  save(dialog);
  start_pings(dialog);
  start_route(dialog, dialog.on_answer);
}

void Dialogs::on_failure(Dialog& dialog) { finish(dialog, EndReason::Failed, nullptr); }

// A 2xx to a re-INVITE or UPDATE: both sides may have moved (RFC 3261 section 12.2).
void Dialogs::on_member_success(Dialog& dialog, Side to, const sip::Message& request, const sip::Message& response) {
  const bool refreshes = request.method() == sip::Method::Invite || request.method() == sip::Method::Update;
  if (!refreshes || !dialog.is_answered()) return;
  const auto renew = [](std::string& contact, std::string fresh) {
    if (fresh.empty() || fresh == contact) return false;
    contact = std::move(fresh);
    return true;
  };
  const bool moved = renew(dialog.leg(other(to)).contact, contact_of(request));
  if (renew(dialog.leg(to).contact, contact_of(response)) || moved) save(dialog);
}

void Dialogs::on_use_over(Dialog& dialog, bool was_creator) {
  const bool never_answered = was_creator && !dialog.is_answered() && dialog.state != State::Ended;
  if (never_answered)
    finish(dialog, EndReason::Failed, nullptr);
  else if (dialog.state == State::Ended && !dialog.in_use() && !dialog.timer_.pending())
    erase(dialog);
}

void Dialogs::change_state(Dialog& dialog, State state) {
  const auto count = [this](State of, std::int64_t amount) {
    if (of == State::Early) early_dialogs.add(amount);
    if (of == State::Answered || of == State::Confirmed) active_dialogs.add(amount);
  };
  count(dialog.state, -1);
  count(state, 1);
  const State before = std::exchange(dialog.state, state);
  if (!state_changed_->is_wanted()) return;
  state_changed_->raise({{"id", dialog.id.cookie()},
                         {"db_id", static_cast<std::int64_t>(dialog.id.packed())},
                         {"callid", dialog.call_id},
                         {"from_tag", dialog.caller.tag},
                         {"to_tag", dialog.callee.tag},
                         {"old_state", static_cast<std::int64_t>(before)},
                         {"new_state", static_cast<std::int64_t>(state)}},
                        dialog.home().id());
}

// --- time ------------------------------------------------------------------------------------------------------------

void Dialogs::schedule_lifetime(Dialog& dialog, base::Duration timeout) {
  dialog.expires = dialog.home().now() + timeout;
  dialog.home().schedule(dialog.timer_, timeout);
}

void Dialogs::set_timeout(Dialog& dialog, base::Duration timeout) {
  change(dialog, [this, timeout](Dialog& one) {
    one.lifetime = timeout;
    if (!one.is_answered()) return;
    one.expires = services_->clock.now() + timeout;  // a copy must not ask the other shard
    if (one.is_copy) return;
    schedule_lifetime(one, timeout);
    save(one);
  });
}

void Dialogs::on_timer(Dialog& dialog) {
  if (dialog.state == State::Ended) {
    if (!dialog.in_use()) erase(dialog);
    return;
  }
  if ((dialog.flags & kRaceHappened) != 0) {
    end(dialog, EndReason::RaceCondition, {});
  } else if (dialog.on_timeout.empty()) {
    expire(dialog);
  } else {
    dialog.home().start(run_timeout_route(dialog), [] {});
  }
}

base::Task<> Dialogs::run_timeout_route(Dialog& dialog) {
  const DialogUse hold(dialog, DialogUse::Role::Hold);
  co_await run_route(dialog, dialog.on_timeout);
  // The route may have given it more time, or something else may have ended it.
  if (hold.dialog() != nullptr && dialog.is_answered() && !dialog.timer_.pending()) expire(dialog);
}

void Dialogs::expire(Dialog& dialog) {
  expired_dialogs.add();
  if ((dialog.flags & kByeOnTimeout) != 0) {
    end(dialog, EndReason::LifetimeTimeout, {});
  } else {
    finish(dialog, EndReason::LifetimeTimeout, nullptr);
  }
}

// --- the end ---------------------------------------------------------------------------------------------------------

void Dialogs::end(Dialog& dialog, EndReason reason, std::string headers) {
  const DialogUse hold(dialog, DialogUse::Role::Hold);
  if (dialog.state == State::Ended) return;
  if (!dialog.is_answered()) {
    // The 487 that comes of it ends the dialog.
    proxy_of(dialog).cancel_by_call_id(dialog.call_id, dialog.callee.cseq);
    return;
  }
  finish(dialog, reason, nullptr);
  send_byes(dialog, headers);
}

void Dialogs::finish(Dialog& dialog, EndReason reason, RouteContext* context) {
  const DialogUse hold(dialog, DialogUse::Role::Hold);
  if (dialog.state == State::Ended) return;
  if (reason == EndReason::Failed) failed_dialogs.add();
  tracked_dialogs.subtract();
  dialog.timer_.cancel();
  dialog.ping_timer_.reset();
  dialog.end_reason = reason;
  dialog.ended = now_us();
  change_state(dialog, State::Ended);
  for (const auto& observer : dialog.observers) observer->on_ended(dialog, context);
  leave_profiles(dialog);
  // A BYE has to be answered first: a server that is killed until then has to know the call again.
  if (context == nullptr) forget(dialog);
  if (reason != EndReason::Failed) start_route(dialog, dialog.on_hangup);
  dialog.let_go_of_creator();
  if (dialog.delete_delay != 0) dialog.home().schedule(dialog.timer_, std::chrono::seconds(dialog.delete_delay));
}

void Dialogs::erase(Dialog& dialog) {
  if (elsewhere_->size() != 0) {
    elsewhere_->with(dialog.id.packed(), [](auto& entry) {
      if (entry.value() != nullptr) entry.erase();
    });
  }
  tables_[dialog.home()].erase(dialog);
}

// --- routes of the script --------------------------------------------------------------------------------------------

void Dialogs::start_route(Dialog& dialog, const std::string& name) {
  if (!name.empty()) dialog.home().start(run_route(dialog, name), [] {});
}

// On a request that nobody sent, with the names of the dialog.
base::Task<> Dialogs::run_route(Dialog& dialog, std::string name) {
  routing::Proxy& proxy = proxy_of(dialog);
  const auto program = services_->proxies->program_in(dialog.home());
  const auto route = program->find_route(RouteKind::Request, name);
  if (!route) {
    log::error("dialog: there is no route[{}] any more", name);
    co_return;
  }
  const std::string text = fmt::format(
      "DUMMY {} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKdummy\r\nFrom: <{}>;tag={}\r\nTo: <{}>{}{}\r\n"
      "Call-ID: {}\r\nCSeq: 1 DUMMY\r\nContent-Length: 0\r\n\r\n",
      dialog.to_uri, dialog.from_uri, dialog.caller.tag, dialog.to_uri,
      dialog.callee.tag.empty() ? "" : ";tag=", dialog.callee.tag, dialog.call_id);
  sip::Message message;
  if (!message.assign(text).ok()) {
    log::error("dialog: route[{}] can't be run: the dialog has no readable names", name);
    co_return;
  }
  RouteContext& context = proxy.runs().acquire(dialog.home());
  context.begin(RouteKind::Event, proxy.transactions().store(message, {}));
  context.observers.push_back(std::make_unique<DialogUse>(dialog, DialogUse::Role::Hold));
  static_cast<void>(co_await proxy.runs().run(context, program, *route));
  proxy.runs().release(context);
}

}  // namespace carillon::dialog
