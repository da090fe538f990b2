// SPDX-License-Identifier: Apache-2.0
// Both ends of registrations and calls, played on one worker's socket of a Desk without waiting in between.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "in_process/desk.h"
#include "loadgen/digest_phones.h"
#include "loadgen/message_template.h"
#include "loadgen/names.h"
#include "sip/message.h"

namespace carillon::bench {

class Dialogue {
 public:
  // Users [first, first + users) are this one's own; `run` tells its Call-IDs from those of others.
  Dialogue(DeskSocket& socket, AuthMode auth, std::uint32_t run, std::uint32_t first, std::uint32_t users);

  // Each ends the process with the message in question when the server does anything but what it should.
  void register_user(std::uint32_t index);
  void refresh_next();
  // INVITE, 180, 200, ACK, BYE, 200 between two of the users.
  void call();

 private:
  struct Party {
    std::uint32_t caller;
    std::uint32_t callee;
    std::uint32_t cseq;
  };

  // Sends a request, with credentials for the last challenge where the phone reuses it, and answers a challenge.
  std::span<const SentDatagram> send_authenticated(const MessageTemplate& message, Party& party, CallKey key,
                                                   std::string_view method, std::size_t expected);
  // Sends a request of the caller's; the answer is what the server sent.
  std::span<const SentDatagram> send(const MessageTemplate& message, const Party& party, CallKey key,
                                     std::size_t expected = 1);
  // The callee's response to `request`, and the one that arrives at the caller.
  std::string_view respond(std::string_view request, int status, bool dialog);
  [[nodiscard]] std::string_view only(std::span<const SentDatagram> sent, const base::Endpoint& to,
                                      std::string_view beginning) const;

  DeskSocket& socket_;
  const base::Endpoint uac_;
  const base::Endpoint uas_;
  std::uint32_t run_;
  std::uint32_t first_;
  std::uint32_t users_;
  DigestPhones phones_;
  MessageTemplate register_;
  MessageTemplate invite_;
  MessageTemplate ack_;
  MessageTemplate ack_of_failure_;
  MessageTemplate bye_;
  std::uint32_t cseq_ = 1;
  std::uint32_t next_user_ = 0;
  std::uint32_t next_call_ = 0;
  std::minstd_rand random_{1};
  std::string to_;
  std::string target_;
  std::string routes_;
  std::string credentials_;
  std::string request_;  // the callee's copy of what it is answering
  sip::Message message_;
};

}  // namespace carillon::bench
