// SPDX-License-Identifier: Apache-2.0
// A session description line by line (RFC 4566 section 5), as far as a proxy has to look into it.
#pragma once

#include <optional>
#include <string_view>

namespace carillon::sipmsgops {

struct SdpLine {
  char type = '\0';
  std::string_view value;
};

// Cuts the first line off `rest`. Nothing when it isn't "x=value". Line ends may be bare LFs (RFC 4566 section 5).
[[nodiscard]] std::optional<SdpLine> take_sdp_line(std::string_view& rest);

// The n-th word of a value, words being parted by single spaces; empty when there are fewer.
[[nodiscard]] std::string_view sdp_word(std::string_view value, unsigned n);

// Why `body` is no session description; empty when it is one.
[[nodiscard]] std::string_view sdp_problem(std::string_view body);

enum class Hold : unsigned char { None, NullAddress, Direction };
// How the first audio stream on hold is held: c=0.0.0.0 (RFC 2543 section B.5), or sendonly or inactive (RFC 3264
// section 8.4).
[[nodiscard]] Hold audio_hold(std::string_view body);

}  // namespace carillon::sipmsgops
