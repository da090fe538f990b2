// SPDX-License-Identifier: Apache-2.0
// Calls between registered users, both ends played here: INVITE, 180, 200, ACK from the caller's socket to the
// contact's, then BYE and its 200, each by way of the server.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "loadgen/delay_line.h"
#include "loadgen/digest_phones.h"
#include "loadgen/load.h"
#include "loadgen/message_template.h"
#include "loadgen/names.h"
#include "sip/message.h"

namespace carillon::bench {

struct CallPlan {
  std::uint32_t run = 0;     // tells our Call-IDs from those of another run
  std::uint32_t users = 0;   // callees and callers are drawn from [0, users)
  base::Duration ring{};     // from INVITE to 200 at the callee
  base::Duration hold{};     // from 200 to BYE at the caller
  bool in_turn = false;      // callers are taken one after the other, not drawn
  base::Duration timeout{};  // a call not over this long after it could be has failed
  // 0 unless the server is the bare relay: bytes behind the end of the callee's responses, for what a proxy's Via and
  // Record-Route would take. The relay doesn't look up either, so the Request-URI is not checked.
  std::size_t relay_padding = 0;
};

class CallLoad final : public Load {
 public:
  // `phones` has the users of the plan.
  CallLoad(Sockets& sockets, DigestPhones& phones, const CallPlan& plan);

  void start(base::TimePoint now, bool measured) override;
  void on_uac_datagram(std::string_view datagram, base::TimePoint now) override;
  void on_uas_datagram(std::string_view datagram, base::TimePoint now) override;
  void run_timers(base::TimePoint now) override;
  [[nodiscard]] base::TimePoint next_timer() const override;
  [[nodiscard]] std::size_t pending() const override { return calls_.size() - free_.size(); }

 private:
  // The caller's and the callee's side of a call: RFC 3261 sections 13.2 and 13.3, nothing more than this load needs.
  enum class Uac : std::uint8_t { Free, Calling, Proceeding, Talking, HangingUp };
  enum class Uas : std::uint8_t { Idle, Ringing, Answered, Confirmed };

  struct Call {
    std::uint32_t generation = 0;
    std::uint32_t caller = 0;
    std::uint32_t callee = 0;
    Uac uac = Uac::Free;
    Uas uas = Uas::Idle;
    bool measured = false;
    base::TimePoint invited;   // INVITE sent
    base::TimePoint alerted;   // INVITE arrived at the callee
    base::TimePoint answered;  // 200 sent by the callee
    std::uint8_t cseq = 1;     // of the INVITE: one higher when it answers a challenge
    std::string credentials;   // its header with them, and the line's end
    std::string to;            // of the 200: the callee with its tag
    std::string target;        // Contact of the 200
    std::string routes;        // Route lines made of its Record-Routes
    std::string answer;        // the callee's 200, as long as it may have to be sent again
  };

  enum class Action : std::uint8_t { Answer, HangUp, RepeatInvite, RepeatAnswer, RepeatBye, GiveUp };

  struct Timer {
    CallKey key;
    Action action;
    std::uint8_t attempt = 0;  // of a repetition, from 0
    std::uint8_t cseq = 0;     // of the INVITE then
  };

  [[nodiscard]] Call* find(CallKey key);
  // The call a datagram belongs to; counts a stray one.
  [[nodiscard]] Call* find(const sip::Message& message, CallKey& key);
  void release(CallKey key, Call& call);
  void succeed(CallKey key, Call& call);
  void fail(CallKey key, Call& call, std::uint64_t Statistics::* reason);

  void on_timer(const Timer& timer, base::TimePoint now);
  void on_repeat(const Timer& timer, Call& call, base::TimePoint now);
  void on_invite_response(CallKey key, Call& call, base::TimePoint now);
  void on_invite(CallKey key, Call& call, base::TimePoint now);
  void invite(CallKey key, Call& call, std::string credentials, base::TimePoint now);
  // ACKs the failure in message_.
  void acknowledge_failure(CallKey key, Call& call);
  // False when the answer is no challenge, or none that the phone could meet.
  bool answer_challenge(CallKey key, Call& call, base::TimePoint now);
  void send_from_uac(const MessageTemplate& message, CallKey key, const Call& call, std::uint32_t cseq);
  void send_from_uas(std::string_view response);
  // Answers the request in message_.
  void respond_from_uas(int status);
  void answer(CallKey key, Call& call, base::TimePoint now);
  void repeat_later(const Timer& timer, base::TimePoint now);

  DigestPhones& phones_;
  CallPlan plan_;
  MessageTemplate invite_;
  MessageTemplate ack_;
  MessageTemplate ack_of_failure_;
  MessageTemplate bye_;
  std::deque<Call> calls_;  // by slot; a deque, so that references stay good
  std::vector<std::uint32_t> free_;
  std::mt19937 random_{1};
  std::uint32_t next_caller_ = 0;

  static constexpr std::size_t kRepeatLines = 6;  // T1 doubled up to 32 T1
  DelayLine<Timer> ring_;
  DelayLine<Timer> hold_;
  DelayLine<Timer> give_up_;
  std::array<DelayLine<Timer>, kRepeatLines> repeats_;
  sip::Message message_;
};

}  // namespace carillon::bench
