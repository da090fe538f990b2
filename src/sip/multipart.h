// SPDX-License-Identifier: Apache-2.0
// The parts of a body: those between the boundaries of a multipart, or the body itself (RFC 2046 section 5.1).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace carillon::sip {

// Views into the message.
struct BodyPart {
  std::string_view content_type;  // of the part, as written; "text/plain" when a part names none
  std::string_view headers;       // of the part, with their line ends
  std::string_view body;
};

// "application/sdp" of "Application/SDP;charset=x": type and subtype as written, without parameters.
[[nodiscard]] std::string_view media_type(std::string_view content_type);

// At most this many are looked for; what comes behind belongs to the last.
inline constexpr std::size_t kMaxBodyParts = 64;

// Of a body with this Content-Type. One part when it is no multipart; none when it is empty. Parts that aren't closed
// end with the body.
[[nodiscard]] std::vector<BodyPart> body_parts(std::string_view content_type, std::string_view body);

}  // namespace carillon::sip
