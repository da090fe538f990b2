// SPDX-License-Identifier: Apache-2.0
// See dialogue.h.
#include "in_process/dialogue.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "loadgen/messages.h"
#include "loadgen/udp_batch.h"
#include "sip/response_builder.h"

namespace carillon::bench {

namespace {

base::Endpoint peer(std::uint16_t port) { return {*base::IpAddress::parse("127.0.0.1"), port}; }

constexpr std::uint32_t kRegistration = 0xffffffff;

[[noreturn]] void fail(std::string_view why, std::span<const SentDatagram> sent) {
  fmt::print(stderr, "bench: {}\n", why);
  for (const SentDatagram& datagram : sent) fmt::print(stderr, "to {}:\n{}\n", datagram.to.to_string(), datagram.bytes);
  std::exit(1);
}

}  // namespace

Dialogue::Dialogue(DeskSocket& socket, AuthMode auth, std::uint32_t run, std::uint32_t first, std::uint32_t users)
    : socket_(socket),
      uac_(peer(static_cast<std::uint16_t>(41000 + socket.worker()))),
      uas_(peer(static_cast<std::uint16_t>(42000 + socket.worker()))),
      run_(run),
      first_(first),
      users_(users),
      phones_(auth, first, users),
      register_(register_text(uac_, uas_)),
      invite_(invite_text(uac_)),
      ack_(ack_text(uac_)),
      ack_of_failure_(ack_of_failure_text(uac_)),
      bye_(bye_text(uac_)) {}

std::string_view Dialogue::only(std::span<const SentDatagram> sent, const base::Endpoint& to,
                                std::string_view beginning) const {
  if (sent.size() != 1 || sent[0].to != to || !sent[0].bytes.starts_with(beginning))
    fail(fmt::format("expected one datagram, {}, to {}", beginning, to.to_string()), sent);
  return sent[0].bytes;
}

std::span<const SentDatagram> Dialogue::send(const MessageTemplate& message, const Party& party, CallKey key,
                                             std::size_t expected) {
  std::array<char, kDatagramSize> room;
  const UserName caller(party.caller);
  const UserName callee(party.callee);
  const Digits<9> index(party.caller);
  const Digits<6> cseq(party.cseq);
  const CallId call_id(run_, key);
  FieldValues values;
  values.set(Field::Caller, caller.view())
      .set(Field::Callee, callee.view())
      .set(Field::Index, index.view())
      .set(Field::CSeq, cseq.view())
      .set(Field::CallId, call_id.view())
      .set(Field::Tag, call_id.token())
      .set(Field::Branch, call_id.token())
      .set(Field::Target, target_)
      .set(Field::To, to_)
      .set(Field::Routes, routes_)
      .set(Field::Credentials, credentials_);
  return socket_.deliver(uac_, {room.data(), message.render(room.data(), values)}, expected);
}

std::span<const SentDatagram> Dialogue::send_authenticated(const MessageTemplate& message, Party& party, CallKey key,
                                                           std::string_view method, std::size_t expected) {
  const bool calls = method == "INVITE";
  std::string uri = "sip:" + std::string(kDomain);
  if (calls) uri.insert(4, fmt::format("{}@", UserName(party.callee).view()));
  const DigestRequest request{.user = party.caller - first_, .method = method, .uri = uri};
  credentials_ = phones_.unasked(request, calls);
  const bool will_be_challenged = phones_.answers_challenges() && credentials_.empty();
  const auto sent = send(message, party, key, will_be_challenged ? 1 : expected);
  if (!will_be_challenged) return sent;
  request_ = only(sent, uac_, calls ? "SIP/2.0 407 " : "SIP/2.0 401 ");
  if (!message_.index(request_).ok()) fail("can't be parsed: " + request_, {});
  credentials_ = phones_.answer(request, message_);
  if (calls) {
    to_ = message_.value(sip::HeaderId::To);
    if (const auto more = send(ack_of_failure_, party, key, 0); !more.empty()) fail("expected nothing", more);
  }
  ++party.cseq;
  return send(message, party, key, expected);
}

void Dialogue::register_user(std::uint32_t index) {
  const std::uint32_t user = first_ + index;
  Party party{user, user, 2 * cseq_};  // one more when it is challenged
  const auto sent = send_authenticated(register_, party, {user, kRegistration}, "REGISTER", 1);
  static_cast<void>(only(sent, uac_, "SIP/2.0 200 "));
}

void Dialogue::refresh_next() {
  if (next_user_ == 0) ++cseq_;
  register_user(next_user_);
  next_user_ = (next_user_ + 1) % users_;
}

std::string_view Dialogue::respond(std::string_view request, int status, bool dialog) {
  request_ = request;
  if (!message_.index(request_).ok()) fail("can't be parsed: " + request_, {});
  sip::ResponseFields fields;
  fields.status = status;
  fields.to_tag = "callee";
  fields.copy_record_route = dialog;
  std::string contact;
  if (dialog) {
    contact = fmt::format("Contact: <{}>\r\n", target_);
    fields.extra_headers = contact;
  }
  if (dialog && status == 200) {
    fields.content_type = "application/sdp";
    fields.body = kSdp;
  }
  return only(socket_.deliver(uas_, sip::build_response(message_, fields), 1), uac_,
              fmt::format("SIP/2.0 {} ", status));
}

void Dialogue::call() {
  std::uniform_int_distribution<std::uint32_t> user(first_, first_ + users_ - 1);
  Party party{user(random_), user(random_), 1};
  const CallKey key{next_call_++, 0};
  const auto sent = send_authenticated(invite_, party, key, "INVITE", 2);
  if (sent.size() != 2) fail("expected 100 and INVITE", sent);
  const std::string invite(only(sent.subspan(sent[0].to == uas_ ? 0 : 1).first(1), uas_, "INVITE "));
  target_ = contact_uri(Digits<9>(party.callee).view(), uas_);
  static_cast<void>(respond(invite, 180, true));
  const std::string answer(respond(invite, 200, true));
  if (!message_.index(answer).ok()) fail("can't be parsed: " + answer, {});
  to_ = message_.value(sip::HeaderId::To);
  routes_.clear();
  for (const sip::ListItem& item : message_.items(sip::HeaderId::RecordRoute))
    routes_.insert(0, fmt::format("Route: {}\r\n", item.value));
  static_cast<void>(only(send(ack_, party, key), uas_, "ACK "));
  ++party.cseq;
  static_cast<void>(respond(only(send(bye_, party, key), uas_, "BYE "), 200, false));
}

}  // namespace carillon::bench
