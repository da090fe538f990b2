// SPDX-License-Identifier: Apache-2.0
// The texts of the generator's requests, with the sizes that the budgets of DESIGN.md section 8 name.
#pragma once

#include <string>
#include <string_view>

#include "base/ip.h"

namespace carillon::bench {

// What both ends offer: one audio stream.
inline constexpr std::string_view kSdp =
    "v=0\r\n"
    "o=- 3724394400 3724394401 IN IP4 127.0.0.1\r\n"
    "s=-\r\n"
    "c=IN IP4 127.0.0.1\r\n"
    "t=0 0\r\n"
    "m=audio 40000 RTP/AVP 9 8 0 101\r\n"
    "a=rtpmap:9 G722/8000\r\n"
    "a=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-16\r\n"
    "a=ptime:20\r\n"
    "a=sendrecv\r\n";

inline constexpr std::string_view kUserAgent = "Carillon-Loadgen/1.0 (generic)";
static_assert(kUserAgent.size() == 30);

// What a user's phone is reached by: 48 bytes when `index` is nine digits and `uas` is 127.0.0.1 with five.
[[nodiscard]] std::string contact_uri(std::string_view index, const base::Endpoint& uas);

// Templates (message_template.h) for requests sent from `uac`. The ACK has the CSeq of its INVITE.
[[nodiscard]] std::string register_text(const base::Endpoint& uac, const base::Endpoint& uas);
[[nodiscard]] std::string invite_text(const base::Endpoint& uac);  // about 1 KiB
[[nodiscard]] std::string ack_text(const base::Endpoint& uac);
[[nodiscard]] std::string ack_of_failure_text(const base::Endpoint& uac);
[[nodiscard]] std::string bye_text(const base::Endpoint& uac);

}  // namespace carillon::bench
