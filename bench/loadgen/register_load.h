// SPDX-License-Identifier: Apache-2.0
// Registrations: every user in turn registers one contact, or refreshes it with the next CSeq.
#pragma once

#include <array>
#include <cstdint>
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

struct RegisterPlan {
  std::uint32_t run = 0;
  std::uint32_t first_user = 0;
  std::uint32_t users = 0;   // [first_user, first_user + users)
  base::Duration timeout{};  // a REGISTER without a final answer this long has failed
};

class RegisterLoad final : public Load {
 public:
  RegisterLoad(Sockets& sockets, DigestPhones& phones, const RegisterPlan& plan);

  // Takes the next user with no REGISTER open; with none left nothing starts and the attempt counts as failed.
  void start(base::TimePoint now, bool measured) override;
  void on_uac_datagram(std::string_view datagram, base::TimePoint now) override;
  void on_uas_datagram(std::string_view datagram, base::TimePoint now) override;
  void run_timers(base::TimePoint now) override;
  [[nodiscard]] base::TimePoint next_timer() const override;
  [[nodiscard]] std::size_t pending() const override { return pending_; }

 private:
  struct Registration {
    base::TimePoint sent;
    std::uint32_t cseq = 0;
    bool open = false;
    bool measured = false;
    bool challenged = false;
    std::string credentials;  // the header's line, as long as it may have to be sent again
  };
  struct Timer {
    std::uint32_t index;
    std::uint32_t cseq;
    std::uint8_t attempt;
  };

  void send(std::uint32_t index);
  // Sends the next request of an open registration, and again while nothing comes.
  void begin(std::uint32_t index, std::string credentials, base::TimePoint now);
  void close(Registration& registration);
  void on_repeat(const Timer& timer, base::TimePoint now);

  DigestPhones& phones_;
  RegisterPlan plan_;
  MessageTemplate register_;
  std::vector<Registration> registrations_;  // by user, less first_user
  std::uint32_t next_ = 0;
  std::size_t pending_ = 0;
  std::array<DelayLine<Timer>, 4> repeats_;  // timer E: T1, 2 T1, 4 T1, then T2
  DelayLine<Timer> give_up_;
  sip::Message message_;
};

}  // namespace carillon::bench
