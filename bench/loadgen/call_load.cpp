// SPDX-License-Identifier: Apache-2.0
// The two ends of a call as far as the load needs them. Reliability is that of the RFC: INVITE by timer A, BYE by timer
// E, the callee's 200 until its ACK.
#include "loadgen/call_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "loadgen/messages.h"
#include "sip/response_builder.h"

namespace carillon::bench {

namespace {

constexpr std::string_view kCalleeTag = "callee";

// The Request-URI of an INVITE, as its template writes it.
std::string callee_uri(std::uint32_t callee) { return fmt::format("sip:{}@{}", UserName(callee).view(), kDomain); }

// RFC 3261 section 12.1.2: the caller's route set is the Record-Route values of the 200, last one first.
void assign_routes(std::string& routes, const sip::Message& response) {
  routes.clear();
  for (const sip::ListItem& item : response.items(sip::HeaderId::RecordRoute)) {
    routes.insert(0, "\r\n").insert(0, item.value).insert(0, "Route: ");
  }
}

sip::ResponseFields response_fields(int status) {
  sip::ResponseFields fields;
  fields.status = status;
  fields.to_tag = kCalleeTag;  // the request of a dialog has one already, and keeps it
  return fields;
}

}  // namespace

CallLoad::CallLoad(Sockets& sockets, DigestPhones& phones, const CallPlan& plan)
    : Load(sockets),
      phones_(phones),
      plan_(plan),
      invite_(invite_text(sockets.uac.local())),
      ack_(ack_text(sockets.uac.local())),
      ack_of_failure_(ack_of_failure_text(sockets.uac.local())),
      bye_(bye_text(sockets.uac.local())),
      ring_(plan.ring),
      hold_(plan.hold),
      give_up_(plan.ring + plan.hold + plan.timeout),
      repeats_{DelayLine<Timer>(kT1),     DelayLine<Timer>(2 * kT1),  DelayLine<Timer>(4 * kT1),
               DelayLine<Timer>(8 * kT1), DelayLine<Timer>(16 * kT1), DelayLine<Timer>(32 * kT1)} {}

// --- the table of calls

CallLoad::Call* CallLoad::find(CallKey key) {
  if (key.slot >= calls_.size()) return nullptr;
  Call& call = calls_[key.slot];
  return call.generation == key.generation && call.uac != Uac::Free ? &call : nullptr;
}

CallLoad::Call* CallLoad::find(const sip::Message& message, CallKey& key) {
  const auto parsed = CallId::parse(plan_.run, message.call_id());
  Call* const call = parsed ? find(*parsed) : nullptr;
  if (call == nullptr) {
    ++statistics_.stray;
    return nullptr;
  }
  key = *parsed;
  return call;
}

void CallLoad::release(CallKey key, Call& call) {
  call.uac = Uac::Free;
  call.uas = Uas::Idle;
  ++call.generation;
  free_.push_back(key.slot);
}

void CallLoad::succeed(CallKey key, Call& call) {
  ++statistics_.completed;
  if (call.measured) ++statistics_.succeeded;
  release(key, call);
}

void CallLoad::fail(CallKey key, Call& call, std::uint64_t Statistics::* reason) {
  if (call.measured) ++(statistics_.*reason);
  release(key, call);
}

// --- what goes out

void CallLoad::start(base::TimePoint now, bool measured) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(calls_.size()));
    calls_.emplace_back();
  }
  Call& call = calls_[free_.back()];
  const CallKey key{free_.back(), call.generation};
  free_.pop_back();
  std::uniform_int_distribution<std::uint32_t> user(0, plan_.users - 1);
  call.caller = plan_.in_turn ? next_caller_++ % plan_.users : user(random_);
  call.callee = user(random_);
  call.measured = measured;
  call.invited = now;
  call.cseq = 1;
  if (measured) ++statistics_.attempted;
  const std::string uri = callee_uri(call.callee);
  invite(key, call, phones_.unasked({.user = call.caller, .method = "INVITE", .uri = uri}, true), now);
  give_up_.start(now, {key, Action::GiveUp, 0, call.cseq});
}

void CallLoad::invite(CallKey key, Call& call, std::string credentials, base::TimePoint now) {
  call.uac = Uac::Calling;
  call.credentials = std::move(credentials);
  send_from_uac(invite_, key, call, call.cseq);
  repeat_later({key, Action::RepeatInvite, 0, call.cseq}, now);
}

void CallLoad::send_from_uac(const MessageTemplate& message, CallKey key, const Call& call, std::uint32_t cseq) {
  const Digits<1> cseq_digit(cseq);
  const UserName caller(call.caller);
  const UserName callee(call.callee);
  const CallId call_id(plan_.run, key);
  FieldValues values;
  values.set(Field::Caller, caller.view())
      .set(Field::Callee, callee.view())
      .set(Field::CallId, call_id.view())
      .set(Field::Tag, call_id.token())
      .set(Field::Branch, call_id.token())
      .set(Field::CSeq, cseq_digit.view())
      .set(Field::Credentials, call.credentials)
      .set(Field::Target, call.target)
      .set(Field::To, call.to)
      .set(Field::Routes, call.routes);
  sockets_.uac.commit(message.render(sockets_.uac.room(), values));
}

void CallLoad::send_from_uas(std::string_view response) {
  const std::size_t padding = std::min(plan_.relay_padding, kDatagramSize - std::min(response.size(), kDatagramSize));
  const std::size_t length = std::min(response.size(), kDatagramSize);
  char* const room = sockets_.uas.room();
  std::memcpy(room, response.data(), length);
  std::memset(room + length, ' ', padding);
  sockets_.uas.commit(length + padding);
}

void CallLoad::respond_from_uas(int status) { send_from_uas(sip::build_response(message_, response_fields(status))); }

void CallLoad::answer(CallKey key, Call& call, base::TimePoint now) {
  call.uas = Uas::Answered;
  call.answered = now;
  send_from_uas(call.answer);
  repeat_later({key, Action::RepeatAnswer, 0, call.cseq}, now);
}

void CallLoad::repeat_later(const Timer& timer, base::TimePoint now) {
  // Timer A doubles until the transaction ends; timers E and G (and the 200's) stop doubling at T2.
  const std::size_t last = timer.action == Action::RepeatInvite ? kRepeatLines - 1 : 3;
  static_assert(kT1 * (1 << 3) == kT2);
  repeats_[std::min<std::size_t>(timer.attempt, last)].start(now, timer);
}

// --- timers

base::TimePoint CallLoad::next_timer() const {
  base::TimePoint next = std::min({ring_.next_due(), hold_.next_due(), give_up_.next_due()});
  for (const auto& line : repeats_) next = std::min(next, line.next_due());
  return next;
}

void CallLoad::run_timers(base::TimePoint now) {
  const auto run = [this, now](DelayLine<Timer>& line) {
    while (const auto timer = line.take(now)) on_timer(*timer, now);
  };
  run(ring_);
  run(hold_);
  run(give_up_);
  for (auto& line : repeats_) run(line);
}

void CallLoad::on_timer(const Timer& timer, base::TimePoint now) {
  Call* const call = find(timer.key);
  if (call == nullptr) return;
  switch (timer.action) {
    case Action::Answer:
      answer(timer.key, *call, now);
      break;
    case Action::HangUp:
      call->uac = Uac::HangingUp;
      send_from_uac(bye_, timer.key, *call, call->cseq + 1U);
      repeat_later({timer.key, Action::RepeatBye, 0, call->cseq}, now);
      break;
    case Action::GiveUp:
      fail(timer.key, *call, &Statistics::timed_out);
      break;
    case Action::RepeatInvite:
    case Action::RepeatAnswer:
    case Action::RepeatBye:
      on_repeat(timer, *call, now);
      break;
  }
}

void CallLoad::on_repeat(const Timer& timer, Call& call, base::TimePoint now) {
  const auto attempt = static_cast<std::uint8_t>(timer.attempt + 1);
  if (timer.action == Action::RepeatInvite && call.uac == Uac::Calling && call.cseq == timer.cseq) {
    send_from_uac(invite_, timer.key, call, call.cseq);
  } else if (timer.action == Action::RepeatAnswer && call.uas == Uas::Answered) {
    send_from_uas(call.answer);
  } else if (timer.action == Action::RepeatBye && call.uac == Uac::HangingUp) {
    send_from_uac(bye_, timer.key, call, call.cseq + 1U);
  } else {
    return;
  }
  if (call.measured) ++statistics_.retransmissions;
  repeat_later({timer.key, timer.action, attempt, timer.cseq}, now);
}

// --- what comes in

void CallLoad::on_uac_datagram(std::string_view datagram, base::TimePoint now) {
  if (!message_.index(datagram).ok() || message_.is_request()) {
    ++statistics_.stray;
    return;
  }
  CallKey key;
  Call* const call = find(message_, key);
  if (call == nullptr) return;
  const sip::Method method = message_.method();
  if (method == sip::Method::Invite) {
    on_invite_response(key, *call, now);
  } else if (method == sip::Method::Bye && message_.status() >= 200 && call->uac == Uac::HangingUp) {
    if (message_.status() >= 300) return fail(key, *call, &Statistics::rejected);
    if (call->measured && call->uas != Uas::Confirmed) ++statistics_.unconfirmed;
    succeed(key, *call);
  }
}

void CallLoad::on_invite_response(CallKey key, Call& call, base::TimePoint now) {
  const int status = message_.status();
  if (message_.cseq().number != call.cseq) {
    // The challenge again: the ACK that answered it was lost.
    if (status >= 300) acknowledge_failure(key, call);
    return;
  }
  if (call.uac == Uac::Talking || call.uac == Uac::HangingUp) {
    if (status >= 200 && status < 300) send_from_uac(ack_, key, call, call.cseq);  // the 200 again: its ACK was lost
    return;
  }
  if (status < 200) {
    call.uac = Uac::Proceeding;
    return;
  }
  if (status >= 300) {
    acknowledge_failure(key, call);
    if (!answer_challenge(key, call, now)) fail(key, call, &Statistics::rejected);
    return;
  }
  call.to = message_.value(sip::HeaderId::To);
  const auto contact = sip::NameAddr::parse(message_.value(sip::HeaderId::Contact));
  if (!contact || call.uas != Uas::Answered) return fail(key, call, &Statistics::misrouted);
  call.target = contact->uri_text;
  assign_routes(call.routes, message_);
  // The time the callee let it ring is not the server's.
  if (call.measured) statistics_.latency.record((call.alerted - call.invited) + (now - call.answered));
  call.uac = Uac::Talking;
  send_from_uac(ack_, key, call, call.cseq);
  hold_.start(now, {key, Action::HangUp, 0});
}

void CallLoad::acknowledge_failure(CallKey key, Call& call) {
  // A challenge may come once more when the call has a dialog already.
  std::string to = std::exchange(call.to, std::string(message_.value(sip::HeaderId::To)));
  send_from_uac(ack_of_failure_, key, call, message_.cseq().number);
  call.to = std::move(to);
}

bool CallLoad::answer_challenge(CallKey key, Call& call, base::TimePoint now) {
  if (message_.status() != 407 || call.cseq > 1 || !phones_.answers_challenges()) return false;
  const std::string uri = callee_uri(call.callee);
  std::string answer = phones_.answer({.user = call.caller, .method = "INVITE", .uri = uri}, message_);
  if (answer.empty()) return false;
  if (call.measured) ++statistics_.challenged;
  ++call.cseq;
  invite(key, call, std::move(answer), now);
  return true;
}

void CallLoad::on_uas_datagram(std::string_view datagram, base::TimePoint now) {
  if (!message_.index(datagram).ok() || !message_.is_request()) {
    ++statistics_.stray;
    return;
  }
  CallKey key;
  Call* const call = find(message_, key);
  const sip::Method method = message_.method();
  // Requests of a call we gave up are answered too, so that the server's transaction ends.
  if (method == sip::Method::Invite) {
    if (call == nullptr) return respond_from_uas(480);
    on_invite(key, *call, now);
  } else if (method == sip::Method::Ack) {
    if (call != nullptr && call->uas == Uas::Answered) call->uas = Uas::Confirmed;
  } else {
    respond_from_uas(call != nullptr ? 200 : 481);
  }
}

void CallLoad::on_invite(CallKey key, Call& call, base::TimePoint now) {
  if (call.uas == Uas::Answered || call.uas == Uas::Confirmed) return send_from_uas(call.answer);
  const std::string contact = contact_uri(Digits<9>(call.callee).view(), sockets_.uas.local());
  const bool first = call.uas == Uas::Idle;
  if (first && plan_.relay_padding == 0 && message_.request_uri_text() != contact)
    return fail(key, call, &Statistics::misrouted);
  const std::string contact_line = "Contact: <" + contact + ">\r\n";
  sip::ResponseFields fields = response_fields(180);
  fields.extra_headers = contact_line;
  fields.copy_record_route = true;
  send_from_uas(sip::build_response(message_, fields));
  if (!first) return;
  fields.status = 200;
  fields.content_type = "application/sdp";
  fields.body = kSdp;
  call.answer = sip::build_response(message_, fields);
  call.uas = Uas::Ringing;
  call.alerted = now;
  if (plan_.ring == base::Duration{}) return answer(key, call, now);
  ring_.start(now, {key, Action::Answer, 0});
}

}  // namespace carillon::bench
