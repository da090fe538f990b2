// SPDX-License-Identifier: Apache-2.0
// Whether bytes are a SIP message that no receiver, however strict, reads differently: every message that a server of a
// test sends is looked at. Has nothing of sip/.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace carillon::testing {

// Why not; nothing when all is well. Looks at line ends, header names, what must be there once, and Content-Length,
// which is to be the size of the body.
[[nodiscard]] std::optional<std::string> wire_fault(std::string_view bytes);

}  // namespace carillon::testing
