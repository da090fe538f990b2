// SPDX-License-Identifier: Apache-2.0
// RAck of a PRACK (RFC 3262 section 7.2): it names the INVITE by its CSeq number, and has to follow when that was
// moved.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/edit_list.h"
#include "sip/message.h"

namespace carillon::sip {

// The value with `by` added to the CSeq number; nothing when it can't be read or has no room.
[[nodiscard]] std::optional<std::string> moved_rack(std::string_view value, std::uint32_t by);

// The same in a request; one that has no RAck, or one that can't be read, stays as it is.
void move_rack(EditList& edits, const Message& request, std::uint32_t by);

}  // namespace carillon::sip
