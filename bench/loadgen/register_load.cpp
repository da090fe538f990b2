// SPDX-License-Identifier: Apache-2.0
// REGISTER and its final answer, repeated by timer E (RFC 3261 section 17.1.2).
#include "loadgen/register_load.h"

#include <algorithm>
#include <utility>

#include "loadgen/messages.h"

namespace carillon::bench {

namespace {

// A generation no call of the same run has.
constexpr std::uint32_t kRegistration = 0xffffffff;

DigestRequest digest_request(std::uint32_t index) {
  return {.user = index, .method = "REGISTER", .uri = "sip:bench.test"};
}

}  // namespace

RegisterLoad::RegisterLoad(Sockets& sockets, DigestPhones& phones, const RegisterPlan& plan)
    : Load(sockets),
      phones_(phones),
      plan_(plan),
      register_(register_text(sockets.uac.local(), sockets.uas.local())),
      registrations_(plan.users),
      repeats_{DelayLine<Timer>(kT1), DelayLine<Timer>(2 * kT1), DelayLine<Timer>(4 * kT1), DelayLine<Timer>(kT2)},
      give_up_(plan.timeout) {}

void RegisterLoad::start(base::TimePoint now, bool measured) {
  if (measured) ++statistics_.attempted;
  if (pending_ == registrations_.size()) return;
  while (registrations_[next_].open) next_ = (next_ + 1) % plan_.users;
  const std::uint32_t index = next_;
  next_ = (next_ + 1) % plan_.users;
  Registration& registration = registrations_[index];
  registration.sent = now;
  registration.open = true;
  registration.measured = measured;
  registration.challenged = false;
  ++pending_;
  begin(index, phones_.unasked(digest_request(index), false), now);
}

void RegisterLoad::begin(std::uint32_t index, std::string credentials, base::TimePoint now) {
  Registration& registration = registrations_[index];
  ++registration.cseq;
  registration.credentials = std::move(credentials);
  send(index);
  repeats_[0].start(now, {index, registration.cseq, 0});
  give_up_.start(now, {index, registration.cseq, 0});
}

void RegisterLoad::send(std::uint32_t index) {
  const std::uint32_t user = plan_.first_user + index;
  const UserName caller(user);
  const Digits<9> digits(user);
  const Digits<6> cseq(registrations_[index].cseq);
  const CallId call_id(plan_.run, {user, kRegistration});
  FieldValues values;
  values.set(Field::Caller, caller.view())
      .set(Field::Index, digits.view())
      .set(Field::CSeq, cseq.view())
      .set(Field::CallId, call_id.view())
      .set(Field::Tag, call_id.token())
      .set(Field::Branch, call_id.token())
      .set(Field::Credentials, registrations_[index].credentials);
  sockets_.uac.commit(register_.render(sockets_.uac.room(), values));
}

void RegisterLoad::close(Registration& registration) {
  registration.open = false;
  --pending_;
}

void RegisterLoad::on_uac_datagram(std::string_view datagram, base::TimePoint now) {
  const bool response = message_.index(datagram).ok() && !message_.is_request();
  const auto key = response ? CallId::parse(plan_.run, message_.call_id()) : std::nullopt;
  if (!key || key->generation != kRegistration || key->slot - plan_.first_user >= plan_.users) {
    ++statistics_.stray;
    return;
  }
  Registration& registration = registrations_[key->slot - plan_.first_user];
  if (!registration.open || message_.cseq().number != registration.cseq || message_.status() < 200) return;
  if (message_.status() == 401 && !registration.challenged && phones_.answers_challenges()) {
    registration.challenged = true;
    if (registration.measured) ++statistics_.challenged;
    const std::uint32_t index = key->slot - plan_.first_user;
    if (std::string answer = phones_.answer(digest_request(index), message_); !answer.empty()) {
      return begin(index, std::move(answer), now);
    }
  }
  close(registration);
  const bool accepted = message_.status() < 300;
  if (accepted) ++statistics_.completed;
  if (!registration.measured) return;
  if (!accepted) {
    ++statistics_.rejected;
  } else if (!message_.has(sip::HeaderId::Contact)) {
    ++statistics_.misrouted;  // a 200 names the binding (RFC 3261 section 10.3)
  } else {
    ++statistics_.succeeded;
    statistics_.latency.record(now - registration.sent);
  }
}

void RegisterLoad::on_uas_datagram(std::string_view /*datagram*/, base::TimePoint /*now*/) { ++statistics_.stray; }

void RegisterLoad::on_repeat(const Timer& timer, base::TimePoint now) {
  const Registration& registration = registrations_[timer.index];
  if (!registration.open || registration.cseq != timer.cseq) return;
  if (registration.measured) ++statistics_.retransmissions;
  send(timer.index);
  const auto attempt = static_cast<std::uint8_t>(std::min<std::size_t>(timer.attempt + 1U, repeats_.size() - 1));
  repeats_[attempt].start(now, {timer.index, timer.cseq, attempt});
}

void RegisterLoad::run_timers(base::TimePoint now) {
  for (auto& line : repeats_) {
    while (const auto timer = line.take(now)) on_repeat(*timer, now);
  }
  while (const auto timer = give_up_.take(now)) {
    Registration& registration = registrations_[timer->index];
    if (!registration.open || registration.cseq != timer->cseq) continue;
    if (registration.measured) ++statistics_.timed_out;
    close(registration);
  }
}

base::TimePoint RegisterLoad::next_timer() const {
  base::TimePoint next = give_up_.next_due();
  for (const auto& line : repeats_) next = std::min(next, line.next_due());
  return next;
}

}  // namespace carillon::bench
