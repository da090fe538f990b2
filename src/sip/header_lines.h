// SPDX-License-Identifier: Apache-2.0
// Header text that a script or module hands in, checked before it becomes part of a message.
#pragma once

#include <string_view>

namespace carillon::sip {

// Whether `text` is one or more complete header lines, each "Name: value" with CRLF behind it: no empty line that would
// end the headers, no stray CR, LF or NUL that another parser might take for a line end. Folded lines are allowed.
[[nodiscard]] bool are_header_lines(std::string_view text);

}  // namespace carillon::sip
