// SPDX-License-Identifier: Apache-2.0
// Text from strangers is bytes; logs and databases want UTF-8 (RFC 3629).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace carillon::base {

// Bytes of the character that `text`, which isn't empty, begins with (RFC 3629 section 4); 0 when it begins with none.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

// `text` with U+FFFD for each byte that belongs to no character.
[[nodiscard]] std::string to_utf8(std::string_view text);

}  // namespace carillon::base
