// SPDX-License-Identifier: Apache-2.0
// Codecs and streams of a session description: the formats of its RTP streams with what a=rtpmap, or RFC 3551 for the
// static payload types, says of them.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/function_ref.h"
#include "sip/sdp.h"

namespace carillon::sipmsgops {

struct Codec {
  std::string_view payload;  // "101"
  std::string_view name;     // "telephone-event"; empty: nothing says what the payload type is
  std::string_view clock;    // "8000", or "48000/2" with the number of channels
};
using CodecFilter = base::FunctionRef<bool(const Codec&)>;

// A stream that is rejected (port 0 and no a=bundle-only, RFC 8843 section 6) has no codecs.
[[nodiscard]] bool has_codec(const sip::Sdp& sdp, CodecFilter wanted);
// Takes codecs out of the m= lines, with the attributes that are about them and the retransmission formats that need
// them (RFC 4588 section 8.6). A stream without any left is rejected. False: there are none.
[[nodiscard]] bool delete_codecs(sip::Sdp& sdp, CodecFilter doomed);
enum class End : std::uint8_t { Front, Back };
// Moves codecs to an end of their m= lines, in the order they have. False: there are none.
[[nodiscard]] bool move_codecs(sip::Sdp& sdp, CodecFilter wanted, End end);

using StreamFilter = base::FunctionRef<bool(const sip::SdpMedia&)>;
[[nodiscard]] bool has_stream(const sip::Sdp& sdp, StreamFilter wanted);
[[nodiscard]] bool delete_streams(sip::Sdp& sdp, StreamFilter doomed);

}  // namespace carillon::sipmsgops
