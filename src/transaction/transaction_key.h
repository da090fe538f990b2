// SPDX-License-Identifier: Apache-2.0
// What a request is matched by (RFC 3261 section 17.2.3), as keyed hashes: of fixed size, and forged by nobody.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/hash.h"
#include "sip/message.h"

namespace carillon::transaction {

// 128 bits under two secret keys stand for the text: two texts share one only by a chance of 2^-128, so that no text
// has to be kept and compared.
struct TransactionKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const TransactionKey&, const TransactionKey&) = default;
};

// Drawn once at start; the same for all shards.
struct Secrets {
  base::HashKey low;
  base::HashKey high;
  [[nodiscard]] static Secrets random();
};

// The server transaction `request` belongs to: top Via branch, sent-by and method, where ACK stands for INVITE. Without
// an RFC 3261 branch: Request-URI, From tag, Call-ID, CSeq number, top Via and method, and the To tag but for INVITE
// and ACK.
[[nodiscard]] TransactionKey server_key(const Secrets& secrets, const sip::Message& request);

// The INVITE that a CANCEL is for (RFC 3261 section 9.2): its key with the method INVITE.
[[nodiscard]] TransactionKey cancelled_key(const Secrets& secrets, const sip::Message& cancel);

// Call-ID, From tag and CSeq number: common to an INVITE, the ACK of its 2xx, and copies that came by other ways.
[[nodiscard]] TransactionKey call_key(const Secrets& secrets, const sip::Message& request);

// What an INVITE answered statelessly has in common with the ACK of that answer; goes into the To tag.
[[nodiscard]] std::uint64_t stateless_reply_key(const Secrets& secrets, const sip::Message& request);

}  // namespace carillon::transaction
