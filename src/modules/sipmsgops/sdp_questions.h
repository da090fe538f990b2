// SPDX-License-Identifier: Apache-2.0
// What a proxy asks about a session description (RFC 8866 section 5) as a whole.
#pragma once

#include <cstdint>
#include <string_view>

namespace carillon::sipmsgops {

// Why `text` is no session description; empty when it is one.
[[nodiscard]] std::string_view sdp_problem(std::string_view text);

enum class Hold : std::uint8_t { None, NullAddress, Direction };
// How the first audio stream on hold is held: c=0.0.0.0 (RFC 2543 section B.5), or sendonly or inactive (RFC 3264
// section 8.4).
[[nodiscard]] Hold audio_hold(std::string_view text);

}  // namespace carillon::sipmsgops
